package encoded

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/encoded/encodedtest"
	"hivetriage/artifacts/hive/hivetest"
)

var sam = hivetest.SAM(hivetest.Host{Name: "WS-042", SID: "S-1-5-21-1-2-3", Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}, hivetest.RegSave)

// odd does not end with a line or a group.
var odd = append(bytes.Clone(sam), 1, 2, 3, 4, 5)

func forms(b []byte) map[string][]byte {
	return map[string][]byte{
		"base64 between":                   encodedtest.Certificate(b),
		"base64 in plain":                  encodedtest.Base64(b, 0),
		"base64 in plain text":             append([]byte("\r\n "), encodedtest.Base64(b, 76)...),
		"base64 in UTF-16":                 encodedtest.Wide(encodedtest.Base64(b, 0)),
		"base64 between BEGIN and END":     encodedtest.Wide(encodedtest.Certificate(b)),
		"hex with addresses":               encodedtest.Hex(b, true, true),
		"hex with addresses, as certutil":  encodedtest.Hex(b, true, false),
		"hex in plain":                     encodedtest.Hex(b, false, false),
		"hex in plain text":                encodedtest.Hex(b, false, true),
		"hex in ":                          append([]byte("\xEF\xBB\xBF"), encodedtest.HexRaw(b)...),
		"hex with":                         encodedtest.Wide(encodedtest.Hex(b, true, true)),
		"every byte combined with 0x5a":    encodedtest.XOR(b, 0x5A),
		"every byte combined with 0xff by": encodedtest.XOR(b, 0xFF),
	}
}

func TestOpen(t *testing.T) {
	for _, plain := range [][]byte{sam, odd} {
		for says, text := range forms(plain) {
			e, ok := Detect(text[:artifacts.MaxHead])
			if !ok || !strings.HasPrefix(e.String(), says) {
				t.Errorf("%s: %v, %q", says, ok, e)
				continue
			}
			r, size, err := e.Open(bytes.NewReader(text), int64(len(text)))
			if err != nil {
				t.Errorf("%s: %v", says, err)
				continue
			}
			got := make([]byte, size)
			if _, err := r.ReadAt(got, 0); err != nil && err != io.EOF || !bytes.Equal(got, plain) {
				t.Errorf("%s: %d bytes, %d expected, %v", says, size, len(plain), err)
			}
			if id, err := hive.Identify(r, size); id.Kind != hive.SAM {
				t.Errorf("%s: %s, %v", says, id.Kind, err)
			}
		}
	}
}

func TestDetectRefuses(t *testing.T) {
	short := []byte("cmVnZg==")
	log := bytes.Clone(sam)
	log[28] = 6
	for name, head := range map[string][]byte{
		"empty": nil, "short": short, "plain hive": sam[:4096], "zeros": make([]byte, 4096),
		"a certificate":     []byte("-----BEGIN CERTIFICATE-----\r\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\r\n"),
		"an open BEGIN":     []byte("-----BEGIN CERTIFICATE----- cmVnZgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"another signature": encodedtest.Base64(append([]byte("regx"), sam[4:]...), 64)[:4096],
		"a transaction log": encodedtest.Certificate(log)[:4096],
		"wrong addresses":   bytes.Replace(encodedtest.Hex(sam, true, true)[:4096], []byte("0010\t"), []byte("0020\t"), 1),
		"XOR of a log":      encodedtest.XOR(log, 7)[:4096],
	} {
		if e, ok := Detect(head); ok {
			t.Errorf("%s is taken for %q", name, e)
		}
	}
}

func TestDamage(t *testing.T) {
	open := func(text []byte, size int) (int64, *artifacts.Problem) {
		t.Helper()
		e, ok := Detect(text[:min(len(text), artifacts.MaxHead)])
		if !ok {
			t.Fatal("not recognised")
		}
		_, n, err := e.Open(bytes.NewReader(text), int64(size))
		var p *artifacts.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%T %v", err, err)
		}
		return n, p
	}
	text := encodedtest.Base64(sam, 64)
	stray := bytes.Clone(text)
	stray[10000] = '*'
	if n, p := open(stray, len(stray)); p == nil || p.Kind != artifacts.Malformed || p.Offset != 10000 || n < 7000 || n > 7500 {
		t.Errorf("a stray character: %d bytes, %v", n, p)
	}
	if n, p := open(text[:9000], 9000); p != nil || n < 6500 || n > 6750 {
		t.Errorf("text that ends early: %d bytes, %v", n, p)
	}
	if _, p := open(text[:9000], len(text)); p == nil || p.Kind != artifacts.IO {
		t.Errorf("a short read: %v", p)
	}
	lines := bytes.Replace(encodedtest.Hex(sam, true, true), []byte("0800\t"), []byte("0900\t"), 1)
	if n, p := open(lines, len(lines)); p == nil || p.Kind != artifacts.Malformed || n != 0x800 {
		t.Errorf("a missing line: %d bytes, %v", n, p)
	}
}

func TestLimit(t *testing.T) {
	line := []byte("cmVnZ")
	d := decoder{encoding: Encoding{kind: base64Text}, limit: 10}
	if d.text(bytes.Repeat(line, 10)); len(d.out) > 12 {
		t.Errorf("%d bytes", len(d.out))
	}
	if err := d.read(bytes.NewReader(nil), 0); err == nil || err.(*artifacts.Problem).Kind != artifacts.Limit {
		t.Errorf("%v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, text := range forms(sam) {
		f.Add(text)
		f.Add(text[:5000])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, ok := Detect(text[:min(len(text), artifacts.MaxHead)])
		if !ok {
			return
		}
		r, size, _ := e.Open(bytes.NewReader(text), int64(len(text)))
		head := make([]byte, baseBlock)
		if _, err := r.ReadAt(head, 0); size > int64(len(text)) || err != nil || !hive.IsBaseBlock(head) {
			t.Errorf("%q: %d bytes of %d, %v", e, size, len(text), err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	big := append(bytes.Clone(sam), make([]byte, 8<<20)...)
	for name, text := range map[string][]byte{"base64": encodedtest.Certificate(big), "hex": encodedtest.Hex(big, true, true)} {
		b.Run(name, func(b *testing.B) {
			e, _ := Detect(text[:artifacts.MaxHead])
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, _, err := e.Open(bytes.NewReader(text), int64(len(text))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDetect is what the recognition adds to every head of a volume.
func BenchmarkDetect(b *testing.B) {
	head := bytes.Repeat([]byte("cMZ\x90 "), 900)[:artifacts.MaxHead]
	for b.Loop() {
		Detect(head)
	}
}
