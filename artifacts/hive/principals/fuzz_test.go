package principals

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/testdata/corpora"
)

// FuzzPrincipals reads whatever hives can be read as SAM and SECURITY, their
// trees and what is in free cells. Nothing panics, what is counted was
// there, and where hives hold secrets nothing of them comes out.
func FuzzPrincipals(f *testing.F) {
	f.Add(hivetest.Write(holding("ROOT", samKey()), hivetest.Options{Profile: hivetest.RegSaveKey}), false)
	f.Add(hivetest.Write(samKey().Keys[0].Keys[0], hivetest.Options{Profile: hivetest.RegSaveKey}), false)
	f.Add(hivetest.Write(holding("ROOT", hivetest.CacheKey(3, cached...), policy(securityHost).Key()), hivetest.Options{Profile: hivetest.RegSaveKey}), true)
	for _, path := range corpora.Glob(f, "hives/velociraptor_SAM", "hives/EZ_SECURITY_offreg") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, salvage bool) {
		if len(data) > 1<<20 {
			t.Skip()
		}
		h, _ := hive.Read(bytes.NewReader(data), int64(len(data)))
		if h == nil {
			return
		}
		tops, deleted := h.Tops(), []hive.Node(nil)
		if salvage {
			deleted, _ = h.Deleted()
		}
		keys := h.Keys + h.Orphans + len(deleted)
		s, err := ReadSAM(tops, deleted)
		if (err == nil) != (len(s.Problems) == 0) || len(s.Accounts) > keys {
			t.Errorf("%v, %d problems, %d accounts of %d keys", err, len(s.Problems), len(s.Accounts), keys)
		}
		for i, a := range s.Accounts {
			if i > 0 && !a.Deleted && s.Accounts[i-1].RID > a.RID || a.NT.Present.Known() && a.NT.Present.Offset == 0 {
				t.Errorf("%+v", a)
			}
		}
		sec, err := ReadSecurity(tops, deleted)
		if (err == nil) != (len(sec.Problems) == 0) || len(sec.Secrets) > keys {
			t.Errorf("%v, %d secrets, %d logons", err, len(sec.Secrets), len(sec.Cache.Logons))
		}
		// A name may be anything, and so may what a mutated descriptor calls one.
		for _, secret := range sec.Secrets {
			if told := fmt.Sprint(secret.Updated, secret.Length, secret.OldLength); strings.Contains(told, hivetest.Filler) {
				t.Error("a secret came out")
			}
		}
	})
}
