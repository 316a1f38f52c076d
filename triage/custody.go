package triage

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

// hash computes the SHA-256 of every input that is one stream of bytes, and
// holds it against the digests that the container itself carries.
func (r *run) hash(ctx context.Context) {
	if !r.cfg.Hash {
		return
	}
	for i, s := range r.sources {
		at := artifacts.Locator{Source: s.Name()}
		media, ok := s.(artifacts.Media)
		if !ok {
			r.ledger.Note(coverage.Row{What: "digest", At: &at, State: coverage.Skipped,
				Why: "a folder has no digest of its own; every export in it is hashed"})
			continue
		}
		reader, size := media.Media()
		stored := r.inputs[i].Stored
		sum, also, err := digests(ctx, reader, size, stored, r.progress("hash", s.Name()))
		if err != nil {
			r.ledger.Problem("digest", artifacts.Located(at, fmt.Errorf("SHA-256 of the evidence: %w", err)), false)
			continue
		}
		r.inputs[i].SHA256 = sum
		row := coverage.Row{What: "digest", At: &at, State: coverage.Read, Bytes: size}
		for _, name := range slices.Sorted(maps.Keys(also)) {
			if strings.EqualFold(also[name], stored[name]) {
				row.Why = join(row.Why, fmt.Sprintf("the %s in the container fits", name))
				continue
			}
			row.State, row.Gap = coverage.Failed, true
			row.Why = join(row.Why, fmt.Sprintf("the %s in the container is %s, the media give %s: the evidence was changed or damaged", name, stored[name], also[name]))
		}
		r.ledger.Note(row)
	}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// digest returns the SHA-256 of the first size bytes of r.
func digest(ctx context.Context, r io.ReaderAt, size int64, report func(done, total int64)) (string, error) {
	sum, _, err := digests(ctx, r, size, nil, report)
	return sum, err
}

// digests returns the SHA-256 of the first size bytes of r and the MD5 and
// SHA1 if they are among the wanted names.
func digests(ctx context.Context, r io.ReaderAt, size int64, wanted map[string]string, report func(done, total int64)) (string, map[string]string, error) {
	main := sha256.New()
	all := []io.Writer{main}
	also := map[string]hash.Hash{}
	for name := range wanted {
		switch strings.ToUpper(name) {
		case "MD5":
			also[name] = md5.New()
		case "SHA1":
			also[name] = sha1.New()
		default:
			continue
		}
		all = append(all, also[name])
	}
	if err := feed(ctx, io.MultiWriter(all...), r, size, report); err != nil {
		return "", nil, err
	}
	sums := map[string]string{}
	for name, h := range also {
		sums[name] = hex.EncodeToString(h.Sum(nil))
	}
	return hex.EncodeToString(main.Sum(nil)), sums, nil
}

// feed writes the first size bytes of r to w, which does not fail.
func feed(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, report func(done, total int64)) error {
	const block = 4 << 20
	buf := make([]byte, min(size, block))
	for done := int64(0); done < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.ReadAt(buf[:min(block, size-done)], done)
		w.Write(buf[:n])
		done += int64(n)
		if err != nil && (err != io.EOF || done < size) {
			return err
		}
		if report != nil {
			report(done, size)
		}
	}
	return nil
}
