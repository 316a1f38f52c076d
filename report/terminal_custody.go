package report

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
	last := ""
	for _, fact := range f.Custody() {
		name := visible(fact.Name)
		if n := len(table); n > 0 && name == last { // several lines on one thing
			table[n-1][1] += "\n" + visible(fact.Text)
			continue
		}
		table.add(name, visible(fact.Text))
		last = name
	}
	t.table(nil, []int{label}, table.cut(t.width-label-frame(2)))
	t.more(len(f.Inputs), maxExports, "inputs")
	t.line("", "The HTML and Markdown outputs have the commands of other programs that check the findings.")
}
