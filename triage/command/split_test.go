package command

import (
	"slices"
	"strings"
	"testing"
)

// Rows marked "doc" are printed in Microsoft's documentation of
// CommandLineToArgvW and of the C run-time where both agree; rows marked
// "shell32" are behaviour of CommandLineToArgvW where the two differ.
var splitRows = []struct {
	line string
	want []string
}{
	{``, nil},
	{` `, []string{""}},
	{"\t", []string{""}},
	{` reg save`, []string{"", "reg", "save"}}, // doc: leading blank, empty program
	{`reg`, []string{"reg"}},
	{`reg `, []string{"reg"}},
	{`reg   save`, []string{"reg", "save"}},
	{"reg\tsave", []string{"reg", "save"}},
	{"reg\nsave", []string{"reg", "save"}}, // the program ends at any control character
	{"x reg\nsave", []string{"x", "reg\nsave"}},
	{"x reg\u00a0save", []string{"x", "reg\u00a0save"}},
	{`"C:\Program Files\x.exe" a`, []string{`C:\Program Files\x.exe`, "a"}},
	{`"C:\dir\" a`, []string{`C:\dir\`, "a"}}, // no escapes in the program
	{`"abc"def ghi`, []string{"abc", "def", "ghi"}},
	{`"unclosed a b`, []string{"unclosed a b"}},
	{`ab"c d"e`, []string{`ab"c`, `de`}}, // quotes mean nothing inside an unquoted program
	{`"" a`, []string{"", "a"}},
	{`x "a b c" d e`, []string{"x", "a b c", "d", "e"}},                           // doc
	{`x "ab\"c" "\\" d`, []string{"x", `ab"c`, `\`, "d"}},                         // doc
	{`x a\\\b d"e f"g h`, []string{"x", `a\\\b`, "de fg", "h"}},                   // doc
	{`x a\\\"b c d`, []string{"x", `a\"b`, "c", "d"}},                             // doc
	{`x a\\\\"b c" d e`, []string{"x", `a\\b c`, "d", "e"}},                       // doc
	{`x a"b"" c d`, []string{"x", `ab"`, "c", "d"}},                               // shell32
	{`x "a""b" c d`, []string{"x", `a"b c d`}},                                    // shell32
	{`x """a b"" c`, []string{"x", `"a`, "b", "c"}},                               // shell32
	{`x """"a b"" c`, []string{"x", `"a b"`, "c"}},                                // shell32
	{`program.exe "hello there.txt"`, []string{"program.exe", "hello there.txt"}}, // doc
	{`program.exe "C:\Hello there.txt"`, []string{"program.exe", `C:\Hello there.txt`}},
	{`program.exe "hello\"there"`, []string{"program.exe", `hello"there`}},
	{`program.exe "hello\\"`, []string{"program.exe", `hello\`}},
	{`x ""`, []string{"x", ""}},
	{`x "" ""`, []string{"x", "", ""}},
	{`x """"`, []string{"x", `"`}},
	{`x "a`, []string{"x", "a"}},
	{`x "a b `, []string{"x", "a b "}},
	{`x \`, []string{"x", `\`}},
	{`x \\`, []string{"x", `\\`}},
	{`x \"`, []string{"x", `"`}},
	{`x \\"`, []string{"x", `\`}},
	{`x \\\"`, []string{"x", `\"`}},
	{`x a\ b`, []string{"x", `a\`, "b"}},
	{`x "a\\ b"`, []string{"x", `a\\ b`}},
	{`reg sa""ve hklm\s""am x`, []string{"reg", "save", `hklm\sam`, "x"}},
	{`reg "s"a"v"e "hklm\sam" x`, []string{"reg", "save", `hklm\sam`, "x"}},
	{`reg save HKLM\SAM "C:\a b\"`, []string{"reg", "save", `HKLM\SAM`, `C:\a b"`}},
	{`"C:\windows\system32\reg.exe" save HKLM\sam sam`, []string{`C:\windows\system32\reg.exe`, "save", `HKLM\sam`, "sam"}},
	{`reg  export "HKLM\SYSTEM\A B"  Reg\N.txt /y`, []string{"reg", "export", `HKLM\SYSTEM\A B`, `Reg\N.txt`, "/y"}},
	{`reg ˢave ｈklm\sam x`, []string{"reg", "ˢave", `ｈklm\sam`, "x"}},
	{"x \xff\xfe a", []string{"x", "\xff\xfe", "a"}},
	{`x 'a b'`, []string{"x", `'a`, `b'`}}, // single quotes mean nothing
}

func TestSplit(t *testing.T) {
	for _, row := range splitRows {
		if got := Split(row.line); !slices.Equal(got, row.want) || (got == nil) != (row.want == nil) {
			t.Errorf("Split(%q) = %q, want %q", row.line, got, row.want)
		}
	}
}

func TestWordsKeepTheirWriting(t *testing.T) {
	words := splitWords(`"reg.exe" sa""ve "HKLM\SAM" a\"b`)
	want := []word{{"reg.exe", `"reg.exe"`}, {"save", `sa""ve`}, {`HKLM\SAM`, `"HKLM\SAM"`}, {`a"b`, `a\"b`}}
	if !slices.Equal(words, want) {
		t.Errorf("words = %q, want %q", words, want)
	}
}

func FuzzSplit(f *testing.F) {
	for _, row := range splitRows {
		f.Add(row.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := Split(line)
		if (len(args) == 0) != (line == "") {
			t.Fatalf("%d arguments in a line of %d bytes", len(args), len(line))
		}
		total := 0
		for _, a := range args {
			total += len(a)
		}
		if total > len(line) {
			t.Fatalf("arguments hold %d bytes, the line %d", total, len(line))
		}
		// Quoting what came out and splitting again must give the same.
		if len(args) > 1 && !strings.ContainsAny(args[0], "\"") {
			again := Split(join(args))
			if !slices.Equal(args, again) {
				t.Fatalf("%q became %q", args, again)
			}
		}
	})
}

// join quotes arguments so that CommandLineToArgvW gives them back.
func join(args []string) string {
	var b strings.Builder
	b.WriteString(`"` + args[0] + `"`)
	for _, a := range args[1:] {
		b.WriteString(` "`)
		slashes := 0
		for i := 0; i < len(a); i++ {
			switch a[i] {
			case '\\':
				slashes++
			case '"':
				b.WriteString(strings.Repeat(`\`, slashes+1))
				slashes = 0
			default:
				slashes = 0
			}
			b.WriteByte(a[i])
		}
		b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	}
	return b.String()
}

func BenchmarkSplit(b *testing.B) {
	line := `"C:\windows\system32\reg.exe" save HKLM\sam "C:\Users\Public\my file" /y`
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		Split(line)
	}
}
