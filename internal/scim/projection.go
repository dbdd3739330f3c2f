// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import "maps"

// Project returns the part of a resource that a client wants: RFC 7644, section 3.9. What is always returned stays. The resource itself
// stays as it is.
func (rt *ResourceType) Project(r Resource, q Query) Resource {
	if q.partial {
		return rt.pick(r, q.only)
	}
	if len(q.without) == 0 {
		return r
	}
	return rt.omit(r, q.without)
}

func (rt *ResourceType) always(name string) bool {
	t, ok := rt.resolve(name)
	return ok && t.attribute.Returned == ReturnedAlways
}

func (rt *ResourceType) pick(r Resource, wanted []target) Resource {
	picked := Resource{}
	for name, v := range r {
		if rt.always(name) {
			picked[name] = v
		}
	}
	for _, t := range wanted {
		from, to := map[string]any(r), map[string]any(picked)
		if t.schema != "" {
			from, _ = r[t.schema].(map[string]any)
			if t.attribute == nil {
				if from != nil {
					picked[t.schema] = from
				}
				continue
			}
			to, _ = picked[t.schema].(map[string]any)
			to = maps.Clone(to) // an extension that was asked for as a whole is not the resource's own any more
			if to == nil {
				to = map[string]any{}
			}
		}
		pickOne(from, to, t)
		if t.schema != "" && len(to) > 0 {
			picked[t.schema] = to
		}
	}
	return picked
}

func pickOne(from, to map[string]any, t target) {
	name := t.attribute.Name
	v, has := from[name]
	if !has {
		return
	}
	if t.sub == nil {
		to[name] = v
		return
	}
	to[name] = combine(to[name], mapParts(v, func(parts map[string]any) map[string]any {
		if part, has := parts[t.sub.Name]; has {
			return map[string]any{t.sub.Name: part}
		}
		return map[string]any{}
	}))
}

// combine adds the parts of values to those that were picked before.
func combine(before, added any) any {
	switch before := before.(type) {
	case map[string]any:
		both := maps.Clone(before)
		if parts, ok := added.(map[string]any); ok {
			maps.Copy(both, parts)
		}
		return both
	case []any:
		list, ok := added.([]any)
		if !ok || len(list) != len(before) {
			return before
		}
		both := make([]any, len(list))
		for n := range list {
			both[n] = combine(before[n], list[n])
		}
		return both
	default:
		return added
	}
}

func (rt *ResourceType) omit(r Resource, unwanted []target) Resource {
	left := maps.Clone(r)
	for _, t := range unwanted {
		switch {
		case t.attribute == nil:
			delete(left, t.schema)
		case t.attribute.Returned == ReturnedAlways:
		case t.schema != "":
			if holder, ok := left[t.schema].(map[string]any); ok {
				holder = maps.Clone(holder)
				omitOne(holder, t)
				left[t.schema] = holder
			}
		default:
			omitOne(left, t)
		}
	}
	return left
}

func omitOne(holder map[string]any, t target) {
	name := t.attribute.Name
	v, has := holder[name]
	switch {
	case !has:
	case t.sub == nil:
		delete(holder, name)
	default:
		holder[name] = mapParts(v, func(parts map[string]any) map[string]any {
			parts = maps.Clone(parts)
			delete(parts, t.sub.Name)
			return parts
		})
	}
}

// mapParts returns the results of a function for an object, or for each object of a list.
func mapParts(v any, f func(map[string]any) map[string]any) any {
	switch v := v.(type) {
	case map[string]any:
		return f(v)
	case []any:
		list := make([]any, len(v))
		for n, element := range v {
			list[n] = mapParts(element, f)
		}
		return list
	default:
		return v
	}
}
