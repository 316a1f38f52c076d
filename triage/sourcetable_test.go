package triage_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hivetriage/triage/technique"
)

var update = flag.Bool("update", false, "write the table of techniques and sources into the README")

// expected has, for every technique and source, a letter of seenIn for each of
// the source's forms, a dot where the form has nothing to tell.
const expected = `
 1 P P- PS. PS PS . SSn. SSS nS P SS SSS --n nPSS SS S n SPSS P .
 2 P P- PS. PS PS . SSn. SSw nS S SS SSS --n nPo- oo S n SPSS . .
 3 P P- PS. PS PS P SSnn SSS nS P SS SSS --n nPSS SS S n SPSS P .
 4 P P- PS. PS PS . SSn. SSw nS S SS SSS --n nPS- oo S n SPSS . .
 5 P P- PS. PS PP . SSn. SSS -S S SS SSS --- -PSS SS S - SPSS P .
 6 P P- PS. PS PS . SSnn SSw nS S SS SSS --n nPo- oo S n SPSS P .
 7 P P- PS. PS PP . SSnn SSS -S S SS SSS --- -PSS SS S - SPSS P .
 8 P SS SS. SS SS . SSS. SSS SS P SS SSS ooS SSPS SS S n SSSS P s
 9 P SS SS. SS SS P SSSn ww- SS S SS SSS ooS SSS- -- - n SSnn - .
10 P S- SS. SS SS S SSnn SSS -S S SS SSS --- -SSS SS S - SSSS P .
11 P Sn SS. SS SS P SSnn SS- nS S SS SSS --n nSS- SS S n SSSS P .
12 P SS SS. SS SS P SSSn SSw So P SS SSS ooS SSS- oo S n oSSS P .
13 P S- SS. SS SS S SSnn SSS -S S SS SSS --- -SSS SS S - SSSS P .
14 P P- PP. PP PP . SSnn SSw nS S PP SSS --n nPo- oo o n SPSS o .
15 i P- P-. P- PS . SSnn --- nn n PP SSS --n nPn- -- - n nPnn . .
16 P P- PSn PS PS . SSn. SSw nS S SS SSS --n nPo- oo S n SPSS P .
17 P SS SS. SS SS . SSS. SS- SS P SS SSS ooS SSP- SS S n SSSS P .
18 . Sn S.o S. SS . SSn. ... n. . SS SSS nnn nS.. .. . n nSnn . .
19 P P- PS. PS PP S SSn. SSw -o S SS SSS --- -Po- oo S - oPSS P .
20 k o- o-o o- oo . oonn --w nn n oo ooo --n non- -- - n nonn - s
21 P -- --o -- -- . nnn. --- oo o -- --- --- ---- -- - - --nn - .
22 P .. ... .. .. . .... SSw .. . .. ... ... ..o- oo S . ..SS P .
`

// reasons say why a source shows no act of a technique, by columns and rows: a
// star stands for the rest of a column.
var reasons = []struct{ cells, why string }{
	{"4688: 22; Sysmon: 22; ECS: 22; PS log: 22; svc log: 22; Pf: 22; Pf+J: 22; typed: 22; set up: 22; ran: 22; SRUM: 22", "This Windows does not run while the copy is made: it records no process."},
	{"4688: 20; Sysmon: 20; ECS: 20; PS log: 20; svc log: 20; typed: 20; set up: 20; user: 20; AV: 20", "A lead: the command prepares. It makes Windows keep copies and takes none."},
	{"4688: 21; ECS: 21; PS log: 21; typed: 21; set up: 21; ran: 21; user: 21; SRUM: 21", "The program has any name and its line tells nothing."},
	{"Sysmon: 21; Pf: 21; Pf+J: 21", "A lead: a program outside the folders for installed ones loaded offreg.dll. What it did with it is not recorded."},
	{"svc log: 21; AV: 21", "A notice around an act: a service or a task is new, something was detected. The command and the name tell nothing."},
	{"MFT, J: 21; LNK: 21; bin: 21; load: 21", "Name and place of the copy tell nothing, only its content does."},
	{"copy: 15", "The backup is a disk image: it is opened in place, and its hives are read as those of another Windows."},
	{"MFT, J: 15; LNK: 15; bin: 15; load: 15", "The backup's files have no hive's name, and are no hives."},
	{"copy: 20", "RegBack is where Windows itself keeps copies: listed among the known ones."},
	{"MFT, J: 20; LNK: 20; bin: 20; load: 20", "RegBack is where Windows itself keeps copies. `$LogFile` alone does not know the folder, so that it gives a hint."},
	{"copy: 18; MFT, J: 18; Pf+J: 18; LNK: 18; bin: 18; load: 18", "No file: the keys, or LSASS, are read in memory."},
	{"MFT, J: 9", "A hint in the coverage: eight letters and .tmp, deleted within a minute. Other programs do this, too."},
	{"LNK: 9; bin: 9; load: 9", "The name is random and the file is gone at once: nobody opens, recycles or loads it."},
	{"SMB: *", "The copy is made on the host and stays there: nothing is asked for over a share."},
	{"Pf: 15 18 20; Pf+J: 15 20; ran: 1 2 3 4 6 11 14 15 16 18; SRUM: 1 2 3 4 6 8 9 11 12 14 15 16 17 18 20; ran: 20", "A notice around an act: the program ran, or was there. What it was told to do is not recorded."},
	{"ran: *; SRUM: *", "cmd.exe, PowerShell and Python run all day: without their lines they tell nothing."},
	{"Pf: 19; LNK: 2 4 6 12 14 16 19 22; bin: 14; user: 22; load: 14", "A lead: other files have such names, too."},
	{"load: 2 4", "The copy is text, which is imported and not loaded."},
	{"hives: 8", "A lead: any user may read the live hives' files. That somebody did is told elsewhere."},
	{"hives: 20", "A lead: EnablePeriodicBackup is set."},
	{"hives: *", "Taking a copy changes no setting."},
}

// sourceTable reads what is expected.
func sourceTable(t *testing.T) (table [][]string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(expected)) {
		cells := strings.Fields(line)
		if len(cells) != len(sources)+1 || cells[0] != strconv.Itoa(len(table)+1) {
			t.Fatalf("line %q has %d cells, not %d", line, len(cells), len(sources)+1)
		}
		for i, c := range cells[1:] {
			if len(c) != len(sources[i].forms) || strings.Trim(c, "CPSokwisn-.") != "" {
				t.Fatalf("%s of %s: %q", sources[i].head, cells[0], c)
			}
		}
		table = append(table, cells[1:])
	}
	if len(table) != len(technique.Catalogue) || len(stories) != len(table) {
		t.Fatalf("%d rows and %d stories, not %d", len(table), len(stories), len(technique.Catalogue))
	}
	for i, s := range stories {
		if s.row != i+1 {
			t.Fatalf("story %d is of row %d", i+1, s.row)
		}
	}
	return table
}

// mark is the best that a cell's forms show, as the README has it.
func mark(cell string) string {
	for _, m := range []struct{ letters, mark string }{{"C", "●●"}, {"P", "●"}, {"S", "◐"}, {"okwisn", "○"}} {
		if strings.ContainsAny(cell, m.letters) {
			return m.mark
		}
	}
	return "–"
}

// why numbers the reasons of all cells without an act; 0 is none.
func why(t *testing.T, table [][]string) [][]int {
	t.Helper()
	numbers := make([][]int, len(table))
	for i := range numbers {
		numbers[i] = make([]int, len(sources))
	}
	give := func(row, column, number int, explicit bool) {
		switch {
		case strings.ContainsAny(table[row][column], "CPS"):
			if explicit {
				t.Errorf("%s of %d is an act, and reason %d says why it is none", sources[column].head, row+1, number)
			}
		case numbers[row][column] == 0:
			numbers[row][column] = number
		case explicit:
			t.Errorf("%s of %d has the reasons %d and %d", sources[column].head, row+1, numbers[row][column], number)
		}
	}
	for _, explicit := range []bool{true, false} {
		for i, r := range reasons {
			for part := range strings.SplitSeq(r.cells, "; ") {
				head, list, _ := strings.Cut(part, ": ")
				column := slices.IndexFunc(sources, func(s source) bool { return s.head == head })
				if column < 0 {
					t.Fatalf("no column %q", head)
				}
				if (list == "*") == explicit {
					continue
				}
				for row := range table {
					if list == "*" || slices.Contains(strings.Fields(list), strconv.Itoa(row+1)) {
						give(row, column, i+1, explicit)
					}
				}
			}
		}
	}
	return numbers
}

// markdown writes the table and what it means.
func markdown(t *testing.T, table [][]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| technique |")
	for _, s := range sources {
		b.WriteString(" " + s.head + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(sources)) + "\n")
	numbers, used := why(t, table), map[int]bool{}
	for i, row := range table {
		fmt.Fprintf(&b, "| %d %s |", i+1, technique.Catalogue[i].Name)
		for j, cell := range row {
			m, n := mark(cell), numbers[i][j]
			if n > 0 {
				used[n] = true
				m += strconv.Itoa(n)
			} else if m == "○" || m == "–" {
				t.Errorf("%s of %d has no reason", sources[j].head, i+1)
			}
			b.WriteString(" " + m + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n● an act, probable; ◐ an act, suspicious; ○ a lead, or a notice around an act that something else tells of; – not visible there. The best that a column's forms show, each alone:\n")
	for i, s := range sources {
		fmt.Fprintf(&b, "%s**%s** %s", map[bool]string{false: ";\n"}[i == 0], s.head, s.what)
	}
	b.WriteString(".\n\n")
	for i, r := range reasons {
		if !used[i+1] {
			t.Errorf("reason %d is of no cell", i+1)
		}
		fmt.Fprintf(&b, "%d. %s\n", i+1, r.why)
	}
	return b.String()
}

// The table stands between these lines of the README.
const (
	tableBegins = "<!-- table of techniques and sources: written by go test ./triage -run TestSourceTable -update -->\n"
	tableEnds   = "<!-- end of the table of techniques and sources -->\n"
)

// TestSourceTable: the README has the table that TestSources proves.
func TestSourceTable(t *testing.T) {
	want := markdown(t, sourceTable(t))
	path := filepath.Join("..", "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), tableBegins)
	got, after, closed := strings.Cut(rest, tableEnds)
	if !ok || !closed {
		t.Fatal("the README has no place for the table")
	}
	if got == want {
		return
	}
	if !*update || t.Failed() {
		t.Fatal("the README's table of techniques and sources differs; go test ./triage -run TestSourceTable -update writes it")
	}
	if err := os.WriteFile(path, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
