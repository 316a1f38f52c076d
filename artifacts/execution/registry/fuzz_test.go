package registry

import (
	"bytes"
	"iter"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
)

func FuzzShimCache(f *testing.F) {
	for layout := registrytest.XP; layout <= registrytest.TenCreator; layout++ {
		b := registrytest.Cache(layout, registrytest.Cached{Path: `C:\a.exe`, Package: "p", Ran: true, Size: 9}, registrytest.Cached{Path: `C:\b.exe`})
		f.Add(b[:min(len(b), 2000)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, errs, paths := 0, 0, 0
		for c, err := range cached(b) {
			if err != nil {
				errs++
				continue
			}
			entries++
			paths += len(c.path)
			if trace := c.trace("p", 1); trace.Deed == artifacts.Ran && !c.flagged {
				t.Errorf("ran without a flag: %+v", c)
			}
		}
		// An unpaired surrogate, two bytes, becomes six characters.
		if entries+errs > len(b)/12+2 || paths > 3*len(b) {
			t.Errorf("%d entries, %d errors and %d bytes of paths from %d bytes", entries, errs, paths, len(b))
		}
	})
}

func FuzzTask(f *testing.F) {
	for version := range uint16(3) {
		f.Add(registrytest.Actions(version+1, "Author", registrytest.Exec("a b", "c", "d"), registrytest.Handler(1, "x"), registrytest.Mail("t", "s", "a", "b"), registrytest.Message("t", "b")))
	}
	f.Add(registrytest.DynamicInfo(registrytest.Task{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		context, acts, err := taskActions(b)
		if err == nil && len(b) < 2 {
			t.Error("actions of nothing")
		}
		total := len(context)
		for _, a := range acts {
			total += len(a.command)
			for _, p := range a.paths {
				total += len(p)
			}
			for _, d := range a.details {
				total += len(d.Value)
			}
		}
		if total > 8*len(b)+64*(len(acts)+1) || len(acts) > maxTaskActions {
			t.Errorf("%d bytes in %d actions from %d", total, len(acts), len(b))
		}
		var trace artifacts.Trace
		if err := taskTimes(&trace, b); (err == nil) != (len(b) >= 28 && le.Uint32(b) == 3) {
			t.Errorf("times of %d bytes: %v", len(b), err)
		}
	})
}

func FuzzHive(f *testing.F) {
	small := registrytest.ShimCache(registrytest.EightOne, registrytest.Cached{Path: `C:\a.exe`})
	for _, more := range []*hivetest.Key{
		registrytest.Amcache(registrytest.File{Path: `C:\a.exe`}), registrytest.AmcacheEight("{v}", registrytest.File{Path: `C:\a.exe`}),
		registrytest.BAM(`bam\State`, registrytest.Run{SID: "S-1-5-18", Program: `\Device\a.exe`}),
		registrytest.Services(registrytest.Service{Name: "s", Path: "s.exe", Failure: "f.exe", Library: "s.dll", Kind: 0x10}),
		registrytest.Tasks(registrytest.Task{ID: "{t}", Path: `\t`, Actions: registrytest.Actions(3, "Author", registrytest.Exec("a", "b", "c"))}),
		registrytest.RunKey("", "Run", "r", "r.exe", small.Time), registrytest.Debugger("u.exe", "d.exe", small.Time),
		registrytest.Devices(registrytest.Device{Vendor: "V", Product: "P", Revision: "1", Serial: "S"}),
		registrytest.Mounted(registrytest.Binary(`\DosDevices\C:`, registrytest.MBR(1, 2))), registrytest.Share("s", `C:\s`, ""),
		registrytest.Interfaces(registrytest.Interface{ID: "{i}", Addresses: []string{"10.0.0.1"}}),
	} {
		small.Merge(more)
	}
	f.Add(hivetest.Write(small, hivetest.Options{Profile: hivetest.RegSaveKey}))
	f.Fuzz(func(t *testing.T, b []byte) {
		browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, read := range []func(hive.Node) iter.Seq2[artifacts.Trace, error]{Amcache, ShimCache, BAM, Services, TaskCache, ImageOptions, USB, Mounts, Shares, Interfaces,
			func(n hive.Node) iter.Seq2[artifacts.Trace, error] { return RunKeys(n, "") }} {
			for trace, err := range read(browser.Root()) {
				if err == nil && (trace.Artefact == "" || trace.Deed == "") {
					t.Errorf("not self-contained: %+v", trace)
				}
			}
		}
	})
}
