package report

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"hivetriage/triage"
)

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "reg.exe": "`reg.exe`", `C:\dir\`: "`C:\\dir\\`", "a|b": "<code>a&#124;b</code>", "a`b": "<code>a&#96;b</code>", "` <b>&|": "<code>&#96; &#60;b&#62;&#38;&#124;</code>",
		" x": "` x`", " x ": "`  x  `", "a\nb\x1b": "`a\\x0ab\\x1b`", "<script>": "`<script>`", "@team #1 [x](y)": "`@team #1 [x](y)`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) is %s, want %s", in, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "",
		"The file is deleted (or worse).":    "The file is deleted (or worse).",
		"at 02:14:09.4410002, 71 ms later":   "at 02:14:09.4410002, 71 ms later",
		`CORP\bob saved it, then left.`:      "`CORP\\bob` saved it, then left.",
		`of C:\Program Files\a b.exe; no`:    "of `C:\\Program Files\\a` b.exe; no",
		`(--deep does; see C:\a(1).txt), or`: "(`--deep` does; see `C:\\a(1).txt`), or",
		",; ,)":                              "`,; ,)`",
		"1. a list":                          "`1.` a list",
		"- a list":                           "`-` a list",
		"# a title":                          "`#` a title",
		"ask @team or http://evil.example":   "ask `@team` or `http://evil.example`",
		"see www.evil.example, #12":          "see `www.evil.example`, `#12`",
		"**bold** _x_ <b>":                   "`**bold** _x_ <b>`",
		":smile: a|b":                        "`:smile`: <code>a&#124;b</code>",
		"x :smile::tada: y":                  "x `:smile::tada`: y",
		"![x](y) done":                       "`![x](y)` done",
		"&lt; $x$ ~y~":                       "`&lt`; `$x$ ~y~`",
		"a\u202eb":                           "`a\\u202eb`",

		"[ancestor, PID 5904] winlogon.exe":                                    `\[ancestor, PID 5904\] winlogon.exe`,
		`[command, PID 8240] C:\Users\d.exe save`:                              "\\[command, PID 8240\\] `C:\\Users\\d.exe` save",
		"it lies in /Users/Public: everybody reads it":                         "it lies in `/Users/Public`: everybody reads it",
		"at /Users/a.txt:sam, /ProgramData/b.dat (+10)":                        "at `/Users/a.txt:sam`, `/ProgramData/b.dat` (+10)",
		"SAM at /a/b; SYSTEM at /c/d.tmp (-50)":                                "SAM at `/a/b`; SYSTEM at `/c/d.tmp` (-50)",
		`(C:\Users\n.txt; the path is as written.), then`:                      "(`C:\\Users\\n.txt`; the path is as written.), then",
		`it ends in C:\Users\Public\.`:                                         "it ends in `C:\\Users\\Public\\.`",
		`it is C:\a\b.exe.`:                                                    "it is `C:\\a\\b.exe`.",
		"at 2026-03-14T14:09:37.471502Z (Prefetch)":                            "at 2026-03-14T14:09:37.471502Z (Prefetch)",
		"W. Europe Standard Time (UTC+01:00)), logged":                         "W. Europe Standard Time (UTC+01:00)), logged",
		`save "HKLM\SAM" to "C:\a\b.hiv"`:                                      "save \"`HKLM\\SAM`\" to \"`C:\\a\\b.hiv`\"",
		`the stream "sam", of C:\x`:                                            "the stream \"sam\", of `C:\\x`",
		`by C:\Program Files (x86)\Vendor\x.exe, signed`:                       "by `C:\\Program Files (x86)\\Vendor\\x.exe`, signed",
		`in C:\Documents and Settings\eve`:                                     "in `C:\\Documents and Settings\\eve`",
		"no journal ($UsnJrnl:$J) is there":                                    "no journal (`$UsnJrnl:$J`) is there",
		`run auditpol /set /subcategory:"Detailed File Share" /success:enable`: "run `auditpol /set /subcategory:\"Detailed File Share\" /success:enable`",
		"as wevtutil sl Security /ms:1000000, and forward it":                  "as `wevtutil sl Security /ms:1000000`, and forward it",
		"wevtutil  cl Application ran":                                         "wevtutil cl Application ran",
		"HackTool - HiveNightmare":                                             "HackTool - HiveNightmare",
		"without --deep: a copy":                                               "without `--deep`: a copy",
		"a](http://x) b":                                                       "`a](http://x)` b",
		"[a](b) [c]":                                                           "`[a](b)` \\[c\\]",
		"[ ](x":                                                                "`[ ](x`",
		`C:\a, C:\b (C:\c)`:                                                    "`C:\\a`, `C:\\b` (`C:\\c`)",
	} {
		if got := prose(in); got != want {
			t.Errorf("prose(%q) is %s, want %s", in, got, want)
		}
	}
}

// outsideCode is what Markdown interprets: lines without their code.
var (
	codeHTML = regexp.MustCompile(`<code>[^<>|` + "`" + `]*</code>`)
	codeSpan = regexp.MustCompile("`[^`|]+`")
)

// outsideCode takes off what the program writes itself.
var outsideCode = strings.NewReplacer("<br>", " ", `\[`, "(", `\]`, ")")

// TestMarkdownIsText: nothing that stands outside of code spans means anything
// but what this program writes, and tables have the same cells on every line.
func TestMarkdownIsText(t *testing.T) {
	cases := map[string]*triage.Case{}
	for _, s := range hostileStrings {
		cases[shorten(s, 20)] = hostileCase(s)
	}
	cases["confirmed"], cases["every hostile string"] = confirmedCase(), hostileCase(hostileStrings...)
	meaning := regexp.MustCompile(`[<>\x60\[\]@\\$~{}_!]|://|www\.|[^\s#]#`)
	for name, c := range cases {
		cells, fence := 0, ""
		for n, line := range strings.Split(string(render(t, "md", c)), "\n") {
			if visible(line) != line {
				t.Errorf("%s, line %d: characters that cannot be seen: %.100q", name, n, line)
			}
			switch tildes := strings.TrimRight(line, "ehstx"); {
			case fence == "" && strings.HasPrefix(line, "~~~") && strings.Trim(tildes, "~") == "":
				fence = tildes
				continue
			case fence != "":
				if line == fence {
					fence = ""
				}
				continue
			}
			bare := codeSpan.ReplaceAllString(codeHTML.ReplaceAllString(line, "c"), "c")
			bare = strings.TrimPrefix(outsideCode.Replace(bare), "- [ ] ")
			if m := meaning.FindString(bare); m != "" {
				t.Errorf("%s, line %d: %q outside of code in %.200q", name, n, m, bare)
			}
			if !strings.HasPrefix(line, "|") {
				cells = 0
				continue
			}
			if got := strings.Count(bare, "|"); cells == 0 {
				cells = got
			} else if got != cells {
				t.Errorf("%s, line %d: %d bars, the lines before have %d: %.200q", name, n, got, cells, line)
			}
		}
		if fence != "" {
			t.Errorf("%s: a block is not closed", name)
		}
	}
}

// TestMarkdownSections: all that the case has stands in the report.
func TestMarkdownSections(t *testing.T) {
	text := string(render(t, "md", confirmedCase()))
	for _, want := range []string{"# Confirmed hive dump", "**Case**: `IR-2026-0114`", "**Examiner**: `A. Example`", "## Next three actions", "## Act 1 of 1: confirmed, 97 of 100",
		"`reg  save HKLM\\SAM C:\\Users\\Public\\a.dat /y`", "\n  ancestor, PID 6612: wmiprvse.exe -secured -Embedding\n", "| ancestor |", "| for | +65 |", "### Step 6:", "- [ ] Step 3, priority 3:", "## Exposure", "`helpdesk`", "## Exports", digest("a1"),
		"## Records", "record 481223", "## Around the acts", "## Coverage", "partial (gap)", "## Method and custody", digest("c4")} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	many := confirmedCase()
	for range maxMarkdownRows {
		many.Records = append(many.Records, sampleRecords()[0])
	}
	if text := string(render(t, "md", many)); !strings.Contains(text, "… and 4 more; the HTML, JSON and CSV outputs list all.") {
		t.Error("what was left out is not told")
	}
}

// TestMarkdownRendered renders the reports with cmark-gfm, GitHub's own
// renderer: what comes out has no element that this program did not write.
func TestMarkdownRendered(t *testing.T) {
	if _, err := exec.LookPath("cmark-gfm"); err != nil {
		t.Skip("skipped: no cmark-gfm: apt-get install cmark-gfm")
	}
	allowed := regexp.MustCompile(`^</?(?:h1|h2|h3|p|ul|ol|li|strong|pre|code|table|thead|tbody|tr|th|td|br|input)(?: (?:class="language-(?:text|sh)"|type="checkbox"|disabled="")| /)*>$`)
	for name, c := range map[string]*triage.Case{"confirmed": confirmedCase(), "hostile": hostileCase(hostileStrings...)} {
		cmd := exec.Command("cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist")
		cmd.Stdin = strings.NewReader(string(render(t, "md", c)))
		page, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		tags := regexp.MustCompile(`<[^>]*>`).FindAllString(string(page), -1)
		for _, tag := range tags {
			if !allowed.MatchString(tag) {
				t.Errorf("%s: the page has %.120s", name, tag)
			}
		}
		if len(tags) < 500 {
			t.Errorf("%s: only %d tags", name, len(tags))
		}
	}
}

// FuzzMarkdown: no text gets out of its code span, whatever is in it.
func FuzzMarkdown(f *testing.F) {
	for _, s := range hostileStrings {
		f.Add(s)
	}
	meaning := regexp.MustCompile(`[<>\x60\[\]@\\$~{}_!|#*]|://|www\.`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, text := range []string{code(s), prose(s)} {
			bare := outsideCode.Replace(codeSpan.ReplaceAllString(codeHTML.ReplaceAllString(text, "c"), "c"))
			if m := meaning.FindString(bare); m != "" && m != "!" || visible(text) != text {
				t.Errorf("%q outside of code in %q of %q", m, text, s)
			}
		}
	})
}
