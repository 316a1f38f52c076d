package hive

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
)

var accounts = []hivetest.User{{Name: "Administrator", RID: 500}, {Name: "gone", RID: 1001}, {Name: "stays", RID: 1002}}

func samOf(users ...hivetest.User) hivetest.Host {
	h := workstation
	h.Users = users
	return h
}

func read(t testing.TB, data []byte) *Hive {
	t.Helper()
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if h == nil {
		t.Fatal(err)
	}
	return h
}

const usersPath = `SAM\Domains\Account\Users\`

func TestDeleted(t *testing.T) {
	whole := hivetest.SAM(samOf(accounts...), hivetest.Live)
	if keys, more := read(t, whole).Deleted(); len(keys) != 0 || more {
		t.Errorf("a hive that nothing was deleted from: %v", keys)
	}
	for _, merge := range []bool{false, true} {
		data := hivetest.Delete(whole, usersPath+`Names\gone`, merge)
		data = hivetest.Delete(data, usersPath+`000003E9`, merge)
		h := read(t, data)
		if !h.Sound() || h.Orphans != 0 {
			t.Fatalf("merged %v: %v", merge, h.Problems)
		}
		keys, more := h.Deleted()
		if len(keys) != 2 || more {
			t.Fatalf("merged %v: %d deleted keys", merge, len(keys))
		}
		found := map[string]Node{}
		for _, k := range keys {
			found[k.(Remnant).Place] = k
			if k.LastWritten() != workstation.Time || string(data[k.Offset():][:2]) != "nk" || k.ClassLength() != 0 {
				t.Errorf("%s: %v, %#x", k.Name(), k.LastWritten(), k.Offset())
			}
			for range k.Children() {
				t.Error("a deleted key has children")
			}
		}
		name, user := found[usersPath+`Names\gone`], found[usersPath+`000003E9`]
		if name == nil || user == nil {
			t.Fatalf("merged %v: %v", merge, found)
		}
		if d, ok := FindValue(name, ""); !ok || d.Type() != 1001 || d.Length() != 0 {
			t.Errorf("merged %v: the name's RID was not found", merge)
		}
		v, ok := FindValue(user, "V")
		if !ok || v.Length() < 0xCC {
			t.Fatalf("merged %v: V is gone", merge)
		}
		if b, err := v.Data(1 << 16); !errors.Is(err, ErrSecret) || b != nil {
			t.Errorf("V was read: %v", err)
		}
		if b, err := v.Public(0xCC); err != nil || len(b) != 0xCC {
			t.Errorf("V's open part: %d bytes, %v", len(b), err)
		}
		f, ok := FindValue(user, "F")
		if !ok {
			t.Fatal("F is gone")
		}
		if b, err := f.Data(80); err != nil || le.Uint32(b[48:]) != 1001 {
			t.Errorf("F: %v, %v", b, err)
		}
	}
}

// TestDeletedReused has cells of a deleted key that are in use again.
func TestDeletedReused(t *testing.T) {
	whole := hivetest.SAM(samOf(accounts...), hivetest.Live)
	data := hivetest.Delete(whole, usersPath+`000003E9`, false)
	keys, _ := read(t, data).Deleted()
	user := keys[0].(Remnant)
	f, _ := FindValue(user, "F")
	list := int(user.record.valueList())
	for _, c := range []struct {
		name   string
		cell   int
		values int
	}{{"data of F", int(f.(remnantValue).record.data()), 1}, {"F", int(f.Offset()) - 4 - baseSize, 1}, {"list", list, 0}} {
		b := bytes.Clone(data)
		at := baseSize + c.cell
		le.PutUint32(b[at:], -le.Uint32(b[at:]))
		keys, _ := read(t, b).Deleted()
		n := 0
		for range keys[0].Data() {
			n++
		}
		if len(keys) != 1 || n != c.values {
			t.Errorf("%s is in use again: %d values of %d keys", c.name, n, len(keys))
		}
	}
}

// TestDeletedOracle has an independent program read what Delete leaves.
func TestDeletedOracle(t *testing.T) {
	if _, err := exec.LookPath("reglookup"); err != nil {
		t.Skip("reglookup is not installed: a hive with deleted keys was not checked by an independent program")
	}
	path := filepath.Join(t.TempDir(), "SAM")
	data := hivetest.Delete(hivetest.SAM(samOf(accounts...), hivetest.Live), usersPath+`000003E9`, true)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := exec.Command("reglookup", path).CombinedOutput()
	if err != nil || bytes.Contains(list, []byte("WARN")) || bytes.Contains(list, []byte("Users/000003E9")) || !bytes.Contains(list, []byte("Users/000003EA")) {
		t.Errorf("%v\n%s", err, list)
	}
}

// TestDeletedSecrets: no function gives out credential material of a deleted
// account, nor prints it.
func TestDeletedSecrets(t *testing.T) {
	account := hivetest.Account{RID: 1001, Name: "gone", FullName: "Gone Away", LM: hivetest.NoHashAES, NT: hivetest.HashAES,
		Histories: [2]hivetest.Hash{hivetest.HashAES, hivetest.HashAES}, Supplemental: 300, ResetData: 200, Hint: 40}
	root := &hivetest.Key{Name: "ROOT", Keys: []*hivetest.Key{hivetest.AccountsKey(workstation.SID, []hivetest.Account{account}, nil, nil)}}
	whole := hivetest.Write(root, hivetest.Options{})
	for _, merge := range []bool{false, true} {
		data := hivetest.Delete(whole, usersPath+`000003E9`, merge)
		h := read(t, data)
		keys, _ := h.Deleted()
		if len(keys) != 1 {
			t.Fatalf("%d deleted keys", len(keys))
		}
		told := fmt.Sprintf("%v %+v %s %v %+v", keys, keys[0], keys[0], h.Tops(), h)
		refused, values := 0, 0
		for d := range keys[0].Data() {
			values++
			told += fmt.Sprintf("%v %+v", d, d)
			b, err := d.Data(1 << 16)
			if errors.Is(err, ErrSecret) {
				refused++
			}
			public, _ := d.Public(1 << 16)
			told += string(b) + string(public)
		}
		if values != 5 || refused != 4 {
			t.Errorf("%d values, %d refused", values, refused)
		}
		if strings.Contains(told, hivetest.Filler) || strings.Contains(told, fmt.Sprint([]byte(hivetest.Filler))) {
			t.Error("a secret came out")
		}
		if !strings.Contains(told, "G\x00o\x00n\x00e\x00 \x00A\x00w\x00a\x00y") {
			t.Error("the open part of V is missing")
		}
	}
}
