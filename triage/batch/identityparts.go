package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// headSize is how much of a file's beginning it is known by.
const headSize = 1 << 20

// filePart is what a file is known by. The head of one that cannot be read is
// "": its run tells why.
func (f *finder) filePart(x *file) Part {
	p := Part{Path: f.relative(x.path), Size: x.size, Modified: x.modified}
	p.Head, _ = digest(f.ctx.Err, x.path, headSize)
	return p
}

// digest is the hexadecimal SHA-256 of at most so many bytes of a regular file.
func digest(ended func() error, path string, most int64) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", path)
	}
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close() // opened read-only: there is nothing to lose
	h := sha256.New()
	for left := most; left > 0; left -= headSize {
		if err := ended(); err != nil {
			return "", err
		}
		if n, err := io.CopyN(h, in, min(left, headSize)); err == io.EOF || err == nil && n == 0 {
			break
		} else if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// folderPart walks a folder once. It follows no link but one that is the folder itself and opens no file; what
// cannot be looked at is in the list as such. The paths in the list are below
// the folder, so that it is the same wherever the folder lies.
func (f *finder) folderPart(dir string) Part {
	p := Part{Path: f.relative(dir)}
	h := sha256.New()
	ended := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		rel, _ := filepath.Rel(dir, path) // both begin with dir
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			writeFields(h, rel, "cannot be looked at")
		case d.IsDir():
			if f.isOurs(path) {
				f.leave(path, "the folder of this batch's own outputs lies in the evidence", false)
				return fs.SkipDir
			}
		case !d.Type().IsRegular():
			writeFields(h, rel, kindOfMode(d.Type()))
		default:
			info, err := d.Info()
			if err != nil {
				writeFields(h, rel, "cannot be looked at")
				return nil
			}
			p.Size += info.Size()
			modified := info.ModTime().UTC()
			if modified.After(p.Modified) {
				p.Modified = modified
			}
			writeFields(h, rel, strconv.FormatInt(info.Size(), 10), modified.Format(time.RFC3339Nano))
		}
		return nil
	})
	if ended == nil {
		p.Head = hex.EncodeToString(h.Sum(nil))
	}
	return p
}
