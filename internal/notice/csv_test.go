// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1", "a,b", "\"", "a\nb", "", "'="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		u := builders.OrgUser("acme", "kim").Obj()
		u.Spec.DisplayName = v1alpha1.DisplayName(name)
		w := notice.Snapshot{Organization: builders.Organization("acme").Obj(), Users: []*v1alpha1.OrgUser{u}}
		rows, err := csv.NewReader(bytes.NewReader(notice.NewReport(w).CSV())).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", name, len(rows), err)
		}
		for _, cell := range rows[1] {
			if cell != "" && bytes.ContainsRune([]byte("=+-@\t\r"), rune(cell[0])) {
				t.Fatalf("%q is a formula", cell)
			}
		}
	})
}
