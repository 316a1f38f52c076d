package ese

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hivetriage/artifacts/ese/esetest"
	"hivetriage/testdata/corpora"
)

// exported runs esedbexport of libesedb and returns the rows of a table, by
// column.
func exported(t *testing.T, file, name string) []map[string]string {
	t.Helper()
	tool, err := exec.LookPath("esedbexport")
	if err != nil {
		t.Skip("esedbexport (libesedb-utils) is not installed")
	}
	target := filepath.Join(t.TempDir(), "out")
	if out, err := exec.Command(tool, "-T", name, "-t", target, file).CombinedOutput(); err != nil {
		t.Fatalf("esedbexport: %v\n%s", err, out)
	}
	found, _ := filepath.Glob(filepath.Join(target+".export", "*"))
	for _, path := range found {
		if !strings.HasPrefix(filepath.Base(path), name+".") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
		heads := strings.Split(lines[0], "\t")
		var rows []map[string]string
		for _, line := range lines[1:] {
			row := map[string]string{}
			for i, v := range strings.Split(line, "\t") {
				row[heads[i]] = v
			}
			rows = append(rows, row)
		}
		return rows
	}
	t.Fatalf("esedbexport wrote no %s", name)
	return nil
}

// otherwise are columns that esedbexport does not export as they are: a
// default, and times.
var otherwise = []string{"Absent", "LastModified"}

// compare holds the rows of a table against those of esedbexport, where it
// exports the same thing: whole numbers that are not null, text and bytes.
func compare(t *testing.T, f *File, file, name string) (rows, values int) {
	t.Helper()
	oracle := exported(t, file, name)
	tb := f.Table(name)
	for r, err := range f.Rows(context.Background(), tb) {
		if err != nil {
			t.Fatal(err)
		}
		if rows == len(oracle) {
			t.Fatalf("%s: more than the %d rows of esedbexport", name, len(oracle))
		}
		for i := range tb.Columns {
			c := &tb.Columns[i]
			v, err := r.Values(c)
			if err != nil {
				t.Fatal(err)
			}
			if len(v) != 1 || slices.Contains(otherwise, c.Name) {
				continue
			}
			if _, flags, _, _ := r.findTagged(c.ID); flags&separated != 0 {
				continue // esedbexport leaves them out
			}
			got := ""
			switch c.Type {
			case UnsignedByte, Short, Long, Currency, UnsignedLong, LongLong, UnsignedShort:
				got = strconv.FormatInt(r.Int(c), 10)
			case Binary, LongBinary:
				got = hex.EncodeToString(v[0])
			case Text, LongText:
				got = strings.ReplaceAll(r.Text(c), `\`, `\\`)
			default:
				continue
			}
			if want := oracle[rows][c.Name]; got != want {
				t.Fatalf("%s: row %d, column %s:\n%.300q\n%.300q", name, rows, c.Name, got, want)
			}
			values++
		}
		rows++
	}
	if rows != len(oracle) {
		t.Errorf("%s: %d rows, esedbexport has %d", name, rows, len(oracle))
	}
	return rows, values
}

// TestOracle reads what was built as libesedb does.
func TestOracle(t *testing.T) {
	for _, c := range []struct {
		name string
		s    esetest.Spec
	}{
		{"4 KiB", spec(4096, 0, 120)}, {"8 KiB", spec(8192, 0, 60)}, {"32 KiB", spec(32768, 0, 120)}, {"deep", spec(4096, 3, 60)},
	} {
		b := esetest.Build(c.s)
		file := filepath.Join(t.TempDir(), "built.edb")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rows, values := compare(t, open(t, b), file, "Kinds")
		if rows != len(c.s.Tables[0].Rows) || values < 10*rows {
			t.Errorf("%s: %d values of %d rows", c.name, values, rows)
		}
	}
}

// real opens a real database.
func real(t testing.TB, path string) (*os.File, int64) {
	t.Helper()
	f, err := os.Open(corpora.Database(t, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return f, st.Size()
}

// TestReal reads whole databases that Windows wrote: every page that a table
// has, every value of every column.
func TestReal(t *testing.T) {
	for _, c := range []struct {
		path         string
		pageSize     int
		state        string
		tables, rows int
		digest       string // of some of the values
	}{
		{"SRUM/SRUDB.dat", 4096, "clean shutdown", 14, 7807, "fdffa6a667be6859"},
		{"Samples/qmgr.db", 16384, "dirty shutdown", 6, 191, "83031383792342f3"},
		{"Samples/WebCacheV01.dat", 32768, "dirty shutdown", 7, 309, "ba83579c360dce92"},
		{"Samples/Windows.edb", 32768, "clean shutdown", 38, 4786, "1249bf9713269160"},
	} {
		r, size := real(t, c.path)
		f, err := Open(context.Background(), r, size)
		if err != nil || len(f.Problems) != 0 {
			t.Errorf("%s: %v, %v", c.path, err, f)
			continue
		}
		if doubts := f.Doubts("X"); len(doubts) != 0 != (c.state == "dirty shutdown") {
			t.Errorf("%s: %v", c.path, doubts)
		}
		rows, failed := 0, 0
		sum := sha256.New()
		for i := range f.Tables {
			tb := &f.Tables[i]
			for row, err := range f.Rows(context.Background(), tb) {
				if err != nil || row.Damaged {
					t.Errorf("%s: %v", c.path, err)
					failed++
					continue
				}
				rows++
				for j := range tb.Columns {
					v, err := row.Values(&tb.Columns[j])
					if err != nil {
						t.Errorf("%s: %v", c.path, err)
						failed++
					}
					for _, b := range v {
						sum.Write(b)
					}
				}
			}
		}
		if f.Front.PageSize != c.pageSize || f.Front.State != c.state || len(f.Tables) != c.tables || rows != c.rows || failed != 0 {
			t.Errorf("%s: %+v, %d tables, %d rows, %d failed", c.path, f.Front, len(f.Tables), rows, failed)
		}
		if digest := fmt.Sprintf("%x", sum.Sum(nil)[:8]); digest != c.digest {
			t.Errorf("%s: the values' digest is %s", c.path, digest)
		}
	}
}

// TestRealDirectory counts the rows of pages of 8 KiB, and reads no value of
// theirs: they are a domain's.
func TestRealDirectory(t *testing.T) {
	r, size := real(t, "Samples/ntds.dit")
	f, err := Open(context.Background(), r, size)
	if err != nil || len(f.Problems) != 0 || f.Front.PageSize != 8192 || f.Front.State != "dirty shutdown" {
		t.Fatalf("%v, %+v", err, f)
	}
	rows := 0
	for i := range f.Tables {
		for row, err := range f.Rows(context.Background(), &f.Tables[i]) {
			if err != nil || row.Damaged {
				t.Fatal(err)
			}
			rows++
		}
	}
	if len(f.Tables) != 14 || rows != 7584 {
		t.Errorf("%d tables, %d rows", len(f.Tables), rows)
	}
}

// TestRealOracle compares real tables with esedbexport.
func TestRealOracle(t *testing.T) {
	for _, c := range []struct {
		path, table  string
		rows, values int
	}{
		{"SRUM/SRUDB.dat", "SruDbIdMapTable", 1141, 3421},
		{"SRUM/SRUDB.dat", "{5C8CF1C7-7257-4F13-B223-970EF5939312}", 4038, 59810},
	} {
		r, size := real(t, c.path)
		f, err := Open(context.Background(), r, size)
		if err != nil {
			t.Fatal(err)
		}
		if rows, values := compare(t, f, r.Name(), c.table); rows != c.rows || values != c.values {
			t.Errorf("%s: %s: %d values of %d rows", c.path, c.table, values, rows)
		}
	}
}
