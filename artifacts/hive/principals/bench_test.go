package principals

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/hive/text"
	"hivetriage/artifacts/hive/text/texttest"
)

// bigHives are a SAM of n users and a SECURITY of 50 slots.
func bigHives(n int) (sam, security *hivetest.Key) {
	const members = 2000 // what the .reg reader keeps of a value has room for them
	var all []hivetest.Account
	users := hivetest.Group{RID: 545, Name: "Users"}
	for i := range n {
		rid := uint32(1000 + i)
		all = append(all, hivetest.Account{RID: rid, Name: fmt.Sprintf("user%05d", i), FullName: fmt.Sprintf("User Number %d", i),
			Control: hivetest.Normal, LM: hivetest.NoHashAES, NT: hivetest.HashAES, LastLogon: day, PasswordSet: day, Logons: 3, Supplemental: 1168})
		if i < members {
			users.Members = append(users.Members, fmt.Sprintf("%s-%d", machineSID, rid))
		}
	}
	admins := hivetest.Group{RID: 544, Name: "Administrators", Members: users.Members[:n/100]}
	var logons []hivetest.CachedLogon
	for i := range 50 {
		logons = append(logons, hivetest.CachedLogon{RID: uint32(1100 + i), Written: day.Add(time.Duration(i) * time.Hour), Domain: "NORDWIND", DNS: "nordwind.example"})
	}
	return holding("ROOT", hivetest.AccountsKey(machineSID, all, []hivetest.Group{admins, users}, nil)),
		holding("ROOT", hivetest.CacheKey(50, logons...), policy(securityHost).Key())
}

// BenchmarkExposure reads 10,000 accounts and 50 cached logons of hives that
// are in memory.
func BenchmarkExposure(b *testing.B) {
	sam, security := bigHives(10000)
	samRoot, securityRoot := []hive.Node{rooted(b, sam, hivetest.Live)}, []hive.Node{rooted(b, security, hivetest.Live)}
	b.ReportAllocs()
	for b.Loop() {
		s, err := ReadSAM(samRoot, nil)
		if err != nil || len(s.Accounts) != 10000 {
			b.Fatal(len(s.Accounts), err)
		}
		sec, err := ReadSecurity(securityRoot, nil)
		if err != nil || len(sec.Cache.Logons) != 50 {
			b.Fatal(err)
		}
	}
}

// BenchmarkExposureOfFiles reads the hives, too.
func BenchmarkExposureOfFiles(b *testing.B) {
	sam, security := bigHives(10000)
	files := [][]byte{hivetest.Write(sam, hivetest.Options{}), hivetest.Write(security, hivetest.Options{})}
	b.SetBytes(int64(len(files[0]) + len(files[1])))
	b.ReportAllocs()
	for b.Loop() {
		for i, data := range files {
			h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				b.Fatal(err)
			}
			if i == 0 {
				_, err = ReadSAM([]hive.Node{h.Root()}, nil)
			} else {
				_, err = ReadSecurity([]hive.Node{h.Root()}, nil)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkExposureOfText reads the SAM as .reg text.
func BenchmarkExposureOfText(b *testing.B) {
	sam, _ := bigHives(10000)
	data := texttest.Write(texttest.UTF16, `HKEY_LOCAL_MACHINE\SAM`, sam)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		e, err := text.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		if s, err := ReadSAM([]hive.Node{e.Hives[0].Root}, nil); err != nil || len(s.Accounts) != 10000 {
			b.Fatal(len(s.Accounts), err)
		}
	}
}

// TestMemory holds what reading a large SAM allocates, and what stays, against
// the size of the hive.
func TestMemory(t *testing.T) {
	sam, _ := bigHives(3000)
	data := hivetest.Write(sam, hivetest.Options{})
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	before := allocated()
	h, err := hive.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadSAM([]hive.Node{h.Root()}, nil)
	if n := allocated() - before; n > 12*uint64(len(data)) {
		t.Errorf("%d bytes allocated in all for a hive of %d", n, len(data))
	}
	if err != nil || len(s.Accounts) != 3000 || len(s.Accounts[0].Aliases) != 2 || len(s.Accounts[1999].Aliases) != 1 {
		t.Errorf("%v, %d accounts", err, len(s.Accounts))
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	with := m.HeapAlloc
	runtime.KeepAlive(h)
	runtime.KeepAlive(s)
	h, s = nil, SAM{}
	runtime.GC()
	runtime.ReadMemStats(&m)
	if n := with - m.HeapAlloc; n > 4*uint64(len(data)) {
		t.Errorf("%d bytes stay for a hive of %d", n, len(data))
	}
}
