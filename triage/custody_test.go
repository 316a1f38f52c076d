package triage

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

// media is a source of the given bytes.
type media []byte

func (m media) Name() string                { return "m.E01" }
func (m media) Input() artifacts.Input      { return artifacts.Input{Path: "m.E01"} }
func (m media) Close() error                { return nil }
func (m media) Media() (io.ReaderAt, int64) { return bytes.NewReader(m), int64(len(m)) }
func (m media) Volumes(context.Context) iter.Seq2[artifacts.Volume, error] {
	return func(func(artifacts.Volume, error) bool) {}
}

func TestStoredDigests(t *testing.T) {
	b := bytes.Repeat([]byte("evidence"), 1<<20)
	fits := md5.Sum(b)
	for _, c := range []struct {
		name   string
		stored map[string]string
		state  coverage.State
		why    string
	}{
		{"none", nil, coverage.Read, ""},
		{"fits", map[string]string{"MD5": strings.ToUpper(hex.EncodeToString(fits[:]))}, coverage.Read, "the MD5 in the container fits"},
		{"differs", map[string]string{"SHA1": strings.Repeat("0", 40)}, coverage.Failed, "the evidence was changed or damaged"},
		{"unknown kind", map[string]string{"CRC": "1"}, coverage.Read, ""},
	} {
		r := &run{cfg: Config{Hash: true}, sources: []artifacts.Source{media(b)}, inputs: []artifacts.Input{{Path: "m.E01", Stored: c.stored}}}
		r.hash(context.Background())
		cover, err := r.ledger.Coverage()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if r.inputs[0].SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: SHA-256 %s", c.name, r.inputs[0].SHA256)
		}
		if row := cover.Sources[0]; row.State != c.state || !strings.Contains(row.Why, c.why) || row.Gap != (c.state == coverage.Failed) {
			t.Errorf("%s: %+v", c.name, row)
		}
	}
}
