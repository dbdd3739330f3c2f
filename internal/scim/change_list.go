// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import "slices"

// extend adds elements to a list. Those that it has already are not added again: directories repeat themselves. If one of them is the
// primary one, no other is.
func extend(a *Attribute, list, added []any) []any {
	had := len(list)
	list = a.distinct(append(list, added...))
	var changed []int
	for n := had; n < len(list); n++ {
		changed = append(changed, n)
	}
	settlePrimary(list, changed)
	return list
}

// removeValues removes the elements that a value names: Entra ID sends the members to remove as the value of the list. Elements are the
// same if their sub-attribute value is, whatever else they have.
func removeValues(holder map[string]any, a *Attribute, v any) error {
	value, err := a.list(v)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, element := range asListOf(value) {
		named[valueKey(a, element)] = true
	}
	keep := slices.DeleteFunc(asListOf(holder[a.Name]), func(element any) bool { return named[valueKey(a, element)] })
	setList(holder, a, keep)
	return nil
}

// valueKey returns the sub-attribute value of an element, as far as the schema tells it from others, or else all of the element.
func valueKey(a *Attribute, element any) string {
	parts, _ := element.(map[string]any)
	s, ok := parts[subAttributeValue].(string)
	if !ok {
		return "element " + a.key(element)
	}
	if sub := a.Sub(subAttributeValue); !sub.CaseExact {
		s = Fold(s)
	}
	return "value " + s
}

// setList sets a list. An empty one is no value.
func setList(holder map[string]any, a *Attribute, list []any) {
	if len(list) == 0 {
		delete(holder, a.Name)
		return
	}
	holder[a.Name] = list
}

// changeElements changes the elements of a list that a filter selects, or all of them if there is no filter.
func changeElements(holder map[string]any, p place, o operation) error {
	list := asListOf(holder[p.attribute.Name])
	if o.op == opRemove && p.sub == nil {
		setList(holder, p.attribute, slices.DeleteFunc(list, p.selects))
		return nil
	}
	var selected []int
	for n, element := range list {
		if p.selects(element) {
			selected = append(selected, n)
		}
	}
	switch {
	case len(selected) > 0:
	case o.op == opRemove:
		return nil
	default:
		return addElement(holder, p, o)
	}
	for _, n := range selected {
		if err := changeElement(list, n, p, o); err != nil {
			return err
		}
	}
	settlePrimary(list, selected)
	list = slices.DeleteFunc(list, func(element any) bool { return element == nil })
	setList(holder, p.attribute, p.attribute.distinct(list))
	return nil
}

// selects reports whether the filter of a path selects an element.
func (p place) selects(element any) bool {
	parts, ok := element.(map[string]any)
	return ok && (p.filter == nil || p.filter.matches(parts))
}

// changeElement changes one element. It is nil afterwards if nothing is left of it.
func changeElement(list []any, n int, p place, o operation) error {
	parts, _ := list[n].(map[string]any)
	if p.sub != nil {
		if err := setPart(parts, p.sub, o); err != nil {
			return err
		}
	} else {
		value, err := p.attribute.single(o.value)
		if err != nil {
			return err
		}
		given, ok := value.(map[string]any)
		switch {
		case !ok:
			parts = nil
		case o.op == opAdd:
			merge(parts, value)
		default:
			parts = given
		}
	}
	if len(parts) == 0 {
		list[n] = nil
		return nil
	}
	list[n] = parts
	return nil
}

// addElement adds the element that a path describes and that is not there: Entra ID changes emails[type eq "work"].value of people who
// have no such address, with add and with replace.
func addElement(holder map[string]any, p place, o operation) error {
	parts := map[string]any{}
	if p.filter != nil {
		var ok bool
		if parts, ok = prototype(p.filter); !ok || p.sub == nil {
			return invalid(NoTarget, "%s has no value that the filter in the path selects", p.attribute.Name)
		}
	}
	if err := setPart(parts, p.sub, o); err != nil {
		return err
	}
	if _, set := parts[p.sub.Name]; !set {
		return nil
	}
	holder[p.attribute.Name] = extend(p.attribute, asListOf(holder[p.attribute.Name]), []any{parts})
	return nil
}

// settlePrimary leaves one primary element if a change has made another one primary.
func settlePrimary(list []any, changed []int) {
	var made []int
	for _, n := range changed {
		if isPrimary(list[n]) {
			made = append(made, n)
		}
	}
	if len(made) == 1 {
		onlyPrimary(list, made[0])
	}
}

// onlyPrimary has no element but one be primary.
func onlyPrimary(list []any, n int) {
	for other := range list {
		if other != n && isPrimary(list[other]) {
			parts, _ := list[other].(map[string]any)
			parts[subAttributePrimary] = false
		}
	}
}

func isPrimary(element any) bool {
	parts, _ := element.(map[string]any)
	return parts[subAttributePrimary] == true
}

func primaries(v any) int {
	count := 0
	for _, element := range asListOf(v) {
		if isPrimary(element) {
			count++
		}
	}
	return count
}
