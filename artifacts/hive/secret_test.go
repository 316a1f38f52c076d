package hive

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/testdata/corpora"
)

// marker stands in the tests where real hives hold credential material.
const marker = "NotForAnyEyes"

// markedTrees are hives with the marker in every such place.
func markedTrees() map[Kind]*hivetest.Key {
	blob := func(name string) hivetest.Value {
		return hivetest.Value{Name: name, Type: hivetest.Binary, Data: []byte(strings.Repeat(marker, 30))}
	}
	key := func(name string, keys ...*hivetest.Key) *hivetest.Key { return &hivetest.Key{Name: name, Keys: keys} }
	with := func(k *hivetest.Key, v ...hivetest.Value) *hivetest.Key {
		k.Values = v
		return k
	}
	domainF := blob("F")
	copy(domainF.Data, make([]byte, openF))
	account := with(key("Account", key("Users", key("Names"), with(key("000001F4"),
		blob("V"), blob("v"), hivetest.Value{Name: "V", Wide: true, Type: hivetest.SZ, Data: blob("").Data},
		blob("SupplementalCredentials"), blob("ResetData"), blob("UserPasswordHint")))), domainF)
	secret := key("$MACHINE.ACC", with(key("CurrVal"), blob("")), with(key("OLDVAL"), blob(""), blob("more")))
	policy := key("Policy", key("Secrets", secret), with(key("PolEKList"), blob("")),
		with(key("PolSecretEncryptionKey"), blob("")), with(key("PolOldSyskey"), blob("")), key("PolAcDmS"))
	cache := with(key("Cache"), blob("NL$1"), blob("nl$12"), blob("NL$Control"), blob("NL$IterationCount"))
	lsa := key("Lsa")
	for _, name := range []string{"JD", "Skew1", "GBG", "Data"} {
		lsa.Keys = append(lsa.Keys, &hivetest.Key{Name: name, Class: marker, Values: []hivetest.Value{blob("Lookup")}})
	}
	return map[Kind]*hivetest.Key{
		SAM:      key("ROOT", key("SAM", key("Domains", account))),
		Security: key("ROOT", cache, policy),
		System:   key("ROOT", key("Select"), key("ControlSet001", key("Control", lsa))),
		Software: key("ROOT", key("Microsoft", key("Windows NT", key("CurrentVersion", key("ProfileList"), with(key("Winlogon"), blob("DefaultPassword")))))),
		NTUser:   with(key("renamed"), blob("V"), domainF),                // a user's key, saved alone
		Other:    with(key("CurrVal"), blob("")),                          // a secret's value, saved alone
		Unknown:  with(key("Account"), domainF, blob("NL$1"), blob("V2")), // V2 is no secret: the last row of the test
	}
}

func TestSecrets(t *testing.T) {
	refused := map[Kind]int{}
	given := map[Kind]int{}
	for kind, root := range markedTrees() {
		for _, p := range profiles {
			data := hivetest.Write(root, hivetest.Options{Profile: p})
			h, err := Read(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			id, err := Identify(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			var told strings.Builder
			stamps, _ := Stamps(id, h, root.Time)
			fmt.Fprintf(&told, "%+v %+v %v %+v", id, Facts(h, kind), h, stamps)
			peekSecrets(t, &told, data, h)
			h.Walk(func(k Key) bool {
				fmt.Fprintf(&told, "%s %v %+v", k.Path(), k, k)
				for v := range k.Values() {
					fmt.Fprintf(&told, "%s %v %+v", v.Name(), v, v)
					for _, limit := range []int{v.Length(), 1 << 20, openF + 1} {
						b, err := v.Data(limit)
						if v.Name() == "V2" {
							given[kind]++
							continue
						}
						if !errors.Is(err, ErrSecret) || b != nil {
							t.Errorf("%s, value %q: %d bytes and %v", k.Path(), v.Name(), len(b), err)
						}
						refused[kind]++
					}
				}
				return true
			})
			if strings.Contains(told.String(), marker) || strings.Contains(told.String(), fmt.Sprint([]byte(marker))) {
				t.Errorf("%s, profile %d: the marker came out: %s", kind, p, told.String())
			}
		}
	}
	rounds := 3 * len(profiles)
	for kind, want := range map[Kind]int{SAM: 7, Security: 10, System: 4, Software: 1, NTUser: 2, Other: 1, Unknown: 2} {
		if refused[kind] != want*rounds {
			t.Errorf("%s: %d refusals, want %d", kind, refused[kind], want*rounds)
		}
	}
	if given[Unknown] != rounds {
		t.Errorf("%d values that are no secrets were given, want %d", given[Unknown], rounds)
	}
}

// peekSecrets asks for every value of the hive the way that Peek does.
func peekSecrets(t *testing.T, told *strings.Builder, data []byte, h *Hive) {
	b, err := newBlocks(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	_, root, err := b.open()
	if err != nil {
		t.Fatal(err)
	}
	h.Walk(func(k Key) bool {
		for v := range k.Values() {
			got, err := topKeys{b, root}.fact(k.Path(), v.Name(), v.Length())
			if v.Name() != "V2" && (!errors.Is(err, ErrSecret) || got.data != nil) {
				t.Errorf("Peek, %s, value %q: %d bytes and %v", k.Path(), v.Name(), len(got.data), err)
			}
		}
		return true
	})
	for _, kind := range []Kind{SAM, Security, System, Software} {
		facts, err := Peek(bytes.NewReader(data), int64(len(data)), kind)
		fmt.Fprintf(told, "%+v %v", facts, err)
	}
}

func TestDomainValues(t *testing.T) {
	data := hivetest.SAM(workstation, hivetest.RegSave)
	h, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	account, ok := h.Key(`SAM\Domains\Account`)
	if !ok {
		t.Fatal("no Account")
	}
	f, _ := account.Value("F")
	if b, err := f.Data(openF); len(b) != openF || err != nil {
		t.Errorf("the open part of F: %d bytes, %v", len(b), err)
	}
	if b, err := f.Data(openF + 1); b != nil || !errors.Is(err, ErrSecret) {
		t.Errorf("one byte more of F: %d bytes, %v", len(b), err)
	}
	v, _ := account.Value("v")
	if b, err := v.Data(maxV); len(b) != v.Length() || err != nil {
		t.Errorf("V of the domain: %d of %d bytes, %v", len(b), v.Length(), err)
	}
	user, _ := h.Key(`SAM\Domains\Account\Users\000001F4`)
	f, _ = user.Value("F")
	if b, err := f.Data(1000); len(b) != 80 || err != nil {
		t.Errorf("F of a user: %d bytes, %v", len(b), err)
	}
	v, _ = user.Value("V")
	if b, err := v.Data(1); b != nil || !errors.Is(err, ErrSecret) {
		t.Errorf("V of a user: %d bytes, %v", len(b), err)
	}
}

// TestRealSecrets counts what is refused in real hives.
func TestRealSecrets(t *testing.T) {
	for _, c := range []struct {
		file           string
		refused, given int
	}{{"EZ_SAM", 4, 69}, {"velociraptor_SAM", 13, 85}, {"EZ_SECURITY_dirty", 14, 228}} {
		data := corpora.Read(t, "hives", c.file)
		h, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		refused, given, failed := 0, 0, 0
		h.Walk(func(k Key) bool {
			for v := range k.Values() {
				switch _, err := v.Data(1 << 20); {
				case errors.Is(err, ErrSecret):
					refused++
				case err != nil:
					failed++
				default:
					given++
				}
			}
			return true
		})
		if refused != c.refused || given != c.given || failed != 0 {
			t.Errorf("%s: %d refused, %d given, %d failed, want %d, %d and 0", c.file, refused, given, failed, c.refused, c.given)
		}
	}
}

// TestLettered lets the values V and F of lists through whose values have
// letters for names, and of no other key.
func TestLettered(t *testing.T) {
	for key, want := range map[string]bool{"RunMRU": false, "runmru": false, "LastVisitedMRU": false, "Map Network Drive MRU": false, "000001F4": true, "MRU": true} {
		for _, value := range []string{"V", "v", "F", "f"} {
			if got := Secret(key, value, 200); got != want {
				t.Errorf("Secret(%q, %q) is %v", key, value, got)
			}
		}
		if !Secret(key, "ResetData", 1) {
			t.Errorf("ResetData in %q is given", key)
		}
	}
}
