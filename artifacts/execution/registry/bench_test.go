package registry_test

import (
	"bytes"
	"testing"

	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/registry/registrytest"
	"hivetriage/artifacts/hive"
	"hivetriage/testdata/corpora"
)

// bench browses a hive anew for each run, as a triage does.
func bench(b *testing.B, data []byte, read func(hive.Node) traces) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		browser, err := hive.Browse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		n = 0
		for _, err := range read(browser.Root()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n), "traces")
}

func BenchmarkRealSystem(b *testing.B) {
	data := corpora.Read(b, "hives", "regipy_SYSTEM_2")
	for _, name := range []string{"ShimCache", "BAM", "Services", "USB", "Mounts", "Shares"} {
		b.Run(name, func(b *testing.B) { bench(b, data, readers[name]) })
	}
}

func BenchmarkAmcache(b *testing.B) {
	data := corpora.Read(b, "hives", "velociraptor_Amcache.hve")
	bench(b, data, registry.Amcache)
}

func BenchmarkShimCache(b *testing.B) {
	for name, layout := range map[string]registrytest.Layout{"Sevenx64": registrytest.Sevenx64, "Windows 10": registrytest.TenCreator} {
		b.Run(name, func(b *testing.B) {
			bench(b, registrytest.Hive(registrytest.ShimCache(layout, many(1024)...)), registry.ShimCache)
		})
	}
}

func BenchmarkTaskCache(b *testing.B) {
	bench(b, registrytest.Hive(tasks(250)), registry.TaskCache)
}
