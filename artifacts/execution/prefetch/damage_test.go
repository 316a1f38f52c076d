package prefetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/testdata/corpora"
)

func TestDamage(t *testing.T) {
	field := func(at int, value uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[headerSize+at:], value)
			return b
		}
	}
	metric := func(i, at int, value uint32) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[headerSize+shortInformation+32*i+at:], value)
			return b
		}
	}
	for name, c := range map[string]struct {
		packing prefetchtest.Packing
		change  func([]byte) []byte
		kind    artifacts.Kind
		what    string
		paths   int // of the four; -1 where no trace is expected
	}{
		"empty":                   {prefetchtest.Plain, func([]byte) []byte { return nil }, artifacts.Malformed, "SCCA is absent", -1},
		"no prefetch file":        {prefetchtest.Plain, func(b []byte) []byte { b[4] = 's'; return b }, artifacts.Malformed, "SCCA is absent", -1},
		"another version":         {prefetchtest.Plain, func(b []byte) []byte { b[0] = 32; return b }, artifacts.Unsupported, "version 32", -1},
		"half a header":           {prefetchtest.Plain, func(b []byte) []byte { return b[:200] }, artifacts.Truncated, "header of 296 bytes", -1},
		"cut in the volumes":      {prefetchtest.Plain, func(b []byte) []byte { return b[:len(b)-50] }, artifacts.Truncated, "header states", 4},
		"cut in the paths":        {prefetchtest.Plain, func(b []byte) []byte { return b[:600] }, artifacts.Truncated, "header states", 1},
		"cut in the list":         {prefetchtest.Plain, func(b []byte) []byte { return b[:350] }, artifacts.Truncated, "header states", 0},
		"more than the header":    {prefetchtest.Plain, func(b []byte) []byte { return append(b, 0) }, artifacts.Malformed, "header states", 4},
		"no name":                 {prefetchtest.Plain, func(b []byte) []byte { clear(b[16:76]); return b }, artifacts.Malformed, "name of the program is empty", 4},
		"a time out of range":     {prefetchtest.Plain, field(44+4, 0xFFFFFFFF), artifacts.Malformed, "no FILETIME", 4},
		"too many files":          {prefetchtest.Plain, field(4, 0xFFFFFFFF), artifacts.Truncated, "the list of files", -2},
		"files elsewhere":         {prefetchtest.Plain, field(0, 0xFFFFFFF0), artifacts.Truncated, "the list of files", 0},
		"too many chains":         {prefetchtest.Plain, field(12, 0xFFFFFF), artifacts.Truncated, "the trace chains", 4},
		"too few chains":          {prefetchtest.Plain, field(12, 2), artifacts.Malformed, "the trace chain of a file", 4},
		"too many volumes":        {prefetchtest.Plain, field(28, 0xFFFFFFFF), artifacts.Malformed, "4294967295 volumes", 4},
		"volumes elsewhere":       {prefetchtest.Plain, field(24, 0x02000002), artifacts.Truncated, "the volumes", 4},
		"a path elsewhere":        {prefetchtest.Plain, metric(1, 12, 0xFFFFFFFF), artifacts.Malformed, "the path of a file", 3},
		"a path too long":         {prefetchtest.Plain, metric(1, 16, 0xFFFFFFFF), artifacts.Malformed, "the path of a file", 3},
		"a path that is all":      {prefetchtest.Plain, func(b []byte) []byte { return metric(1, 12, 0)(metric(1, 16, 160)(b)) }, artifacts.Limit, "overlap", 2},
		"packed, a wrong byte":    {prefetchtest.Checked, func(b []byte) []byte { b[len(b)-9] ^= 1; return b }, artifacts.Checksum, "checksum", 4},
		"packed, a wrong sum":     {prefetchtest.Checked, func(b []byte) []byte { b[9] ^= 1; return b }, artifacts.Checksum, "checksum", 4},
		"packed, cut off":         {prefetchtest.MAM, func(b []byte) []byte { return b[:len(b)/2] }, artifacts.Malformed, "cut off", -2},
		"packed, no table":        {prefetchtest.MAM, func(b []byte) []byte { return b[:100] }, artifacts.Malformed, "cut off", -1},
		"packed, too large":       {prefetchtest.MAM, func(b []byte) []byte { b[7] = 0xFF; return b }, artifacts.Limit, "unpacks to", -1},
		"packed in another way":   {prefetchtest.MAM, func(b []byte) []byte { b[3] = 3; return b }, artifacts.Malformed, "SCCA is absent", -1},
		"packed, half a checksum": {prefetchtest.Checked, func(b []byte) []byte { return b[:10] }, artifacts.Malformed, "SCCA is absent", -1},
	} {
		data := c.change(prefetchtest.File(saved(31, c.packing)))
		traces, problems := read(t, data)
		if len(problems) == 0 || problems[0].Kind != c.kind || !strings.Contains(problems[0].Error(), c.what) {
			t.Errorf("%s: problems %v, want %v with %q", name, problems, c.kind, c.what)
			continue
		}
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > int64(max(len(data), 2000)) {
				t.Errorf("%s: %v lies behind the end", name, p)
			}
		}
		if c.paths == -1 {
			if len(traces) != 0 {
				t.Errorf("%s: a trace %+v", name, traces[0])
			}
			continue
		}
		if len(traces) != 1 || traces[0].Count != 23 || !strings.Contains(traces[0].Damaged, c.what) || c.paths >= 0 && len(traces[0].Paths) != c.paths {
			t.Errorf("%s: traces %+v", name, traces)
		}
	}
}

// A broken disk gives its own error, not a Problem of the format.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReading(t *testing.T) {
	for _, c := range []struct {
		r    io.ReaderAt
		size int64
		want string
	}{
		{broken{}, 100, io.ErrUnexpectedEOF.Error()},
		{bytes.NewReader(nil), maxSize + 1, "a Prefetch file of 16777217 bytes"},
		{bytes.NewReader(nil), 100, "0 bytes could be read of 100"},
	} {
		n := 0
		for _, err := range Read(context.Background(), c.r, c.size) {
			if n++; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		}
		if n != 1 {
			t.Errorf("%d elements, want one with %q", n, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range Read(ctx, bytes.NewReader(nil), 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v after it was cancelled", err)
		}
	}
	for range Read(context.Background(), bytes.NewReader(prefetchtest.File(saved(31, prefetchtest.Plain))[:600]), 600) {
		break
	}
}

func TestHeads(t *testing.T) {
	packed := prefetchtest.File(saved(31, prefetchtest.Checked))
	for name, c := range map[string]struct {
		head []byte
		want bool
	}{
		"nothing": {nil, false}, "a version alone": {[]byte{31, 0, 0, 0}, false}, "plain": {[]byte("\x11\x00\x00\x00SCCA"), true},
		"another version": {[]byte("\x12\x00\x00\x00SCCA"), false}, "packed": {packed[:512], true}, "packed, too short": {packed[:100], false},
		"a packed database": {prefetchtest.Pack([]byte("\x0E\x00\x00\x00some database of SuperFetch"), prefetchtest.MAM), false},
	} {
		if IsPrefetch(c.head) != c.want {
			t.Errorf("%s: is a Prefetch file is not %v", name, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, version := range []uint32{17, 23, 26, 30, 31} {
		f.Add(prefetchtest.File(saved(version, prefetchtest.Plain)))
	}
	f.Add(prefetchtest.File(saved(31, prefetchtest.Checked)))
	f.Fuzz(func(t *testing.T, data []byte) {
		IsPrefetch(data[:min(len(data), 512)])
		traces, problems := read(t, data)
		if len(traces) > 1 || len(traces)+len(problems) == 0 || len(problems) > maxProblems+1 {
			t.Fatalf("%d traces, %d problems", len(traces), len(problems))
		}
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > maxSize {
				t.Fatalf("%v", p)
			}
		}
		for _, trace := range traces {
			n := 0
			for _, p := range trace.Paths {
				n += len(p)
			}
			if n > 6*maxSize || len(trace.Times) > 8 || (trace.Damaged == "") != (len(problems) == 0) {
				t.Fatalf("%d bytes of paths, %d times, damaged %q, problems %v", n, len(trace.Times), trace.Damaged, problems)
			}
			Misnamed("/REG.EXE-A93A1343.pf", &trace)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, data := range map[string][]byte{
		"plain":  corpora.Read(b, "prefetch", "REGEDIT.EXE-90FEEA06.pf"),
		"packed": corpora.Read(b, "prefetch", "REG.EXE-4978446A.pf"),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if traces, _ := read(b, data); len(traces) != 1 {
					b.Fatal("no trace")
				}
			}
		})
	}
}

func BenchmarkIsPrefetch(b *testing.B) {
	head := corpora.Read(b, "prefetch", "REG.EXE-4978446A.pf")[:512]
	for b.Loop() {
		if !IsPrefetch(head) {
			b.Fatal("not seen")
		}
	}
}
