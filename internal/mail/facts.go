// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

// FactOf returns a fact under a label of the catalogue.
func FactOf(label string, values ...Word) Fact {
	return Fact{Label: Word{Key: label}, Values: values}
}

// WordOf returns a text that is the same in every language.
func WordOf(s string) Word { return Word{Text: s} }

// PhraseOf returns a phrase of the catalogue with its values, each after its name.
func PhraseOf(key string, namesAndValues ...string) Word {
	values := map[string]string{}
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		values[namesAndValues[i]] = namesAndValues[i+1]
	}
	return Word{Key: key, Values: values}
}
