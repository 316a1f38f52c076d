package report

import "strings"

// custody writes the chain of custody: what was read, by what, when and by
// whom, and what is known of the hosts' clocks.
func (t *terminal) custody(f *front) {
	t.heading("Custody")
	const label = 14
	var table fields
	for i := range f.Inputs[:min(len(f.Inputs), maxExports)] {
		in := &f.Inputs[i]
		sum, about := f.digestText(in)
		lines := visible(in.Path) + "\n" + visible(kindText(in))
		if size := sizeText(in.Size); size != "" {
			lines += ", " + size
		}
		lines += "\nSHA-256"
		if sum != "" {
			lines += " " + visible(sum)
		}
		table.add("Evidence", lines+"\n"+visible(about))
	}
	for _, fact := range f.Custody() {
		table.add(visible(fact.Name), visibleAll(strings.Split(fact.Text, "\n")))
	}
	t.table(nil, []int{label}, table.cut(t.width-label-frame(2)))
	t.more(len(f.Inputs), maxExports, "inputs")
	t.line("", "The HTML and Markdown outputs have the commands of other programs that check the findings.")
}
