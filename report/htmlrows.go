package report

import (
	"cmp"
	"html/template"
	"strings"

	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

// The rows of the longest tables are written here: there can be ten thousand of
// them, and a template takes several times as long.

// RecordRows are rows of the table of all records.
func (d *document) RecordRows(records []correlate.Record) template.HTML {
	var b strings.Builder
	for i := range records {
		d.recordRow(&b, &records[i])
	}
	return template.HTML(b.String())
}

func (d *document) recordRow(b *strings.Builder, r *correlate.Record) {
	id := anchor(r.ID)
	if d.cards[r.ID] {
		b.WriteString("\n" + `<tr data-card="` + id + `"><th scope="row" class="w"><a href="#` + id + `">`)
		marked(b, r.ID)
		b.WriteString(`</a></th>`)
	} else {
		b.WriteString("\n" + `<tr id="` + id + `"><th scope="row" class="w">`)
		marked(b, r.ID)
		b.WriteString(`</th>`)
	}
	b.WriteString(`<td class="t">` + stamp(r.Time) + `</td><td><span class="chip s-` + slug(r.Assessment) + `">`)
	marked(b, r.Assessment)
	b.WriteString(`</span></td>`)
	for _, cell := range []struct{ class, text string }{
		{` class="w"`, r.Kind}, {` class="m"`, shorten(cmp.Or(r.Told(), r.File, r.Destination), shortText)}, {"", account(r.User)}, {"", r.Host},
	} {
		b.WriteString(`<td` + cell.class + `>`)
		b.WriteString(string(isolated(cell.text)))
		b.WriteString(`</td>`)
	}
	b.WriteString(`</tr>`)
}

// sourceRows are rows of a table of sources.
func sourceRows(rows []coverage.Row) template.HTML {
	var b strings.Builder
	for i := range rows {
		sourceRow(&b, &rows[i])
	}
	return template.HTML(b.String())
}

func sourceRow(b *strings.Builder, r *coverage.Row) {
	b.WriteString("\n" + `<tr><th scope="row">`)
	b.WriteString(string(markup("bdi", r.What)))
	if at := place(r.At); at != "" {
		b.WriteString(`<br/><span class="minor">`)
		b.WriteString(string(markup("code", at)))
		b.WriteString(`</span>`)
	}
	b.WriteString(`</th><td><span class="chip s-` + slug(r.State) + `">`)
	marked(b, string(r.State))
	b.WriteString(`</span></td><td>`)
	b.WriteString(string(isolated(r.Why)))
	b.WriteString(`</td><td class="t">`)
	if from := stamp(r.From); from != "" {
		b.WriteString(from + `<br/>`)
	}
	b.WriteString(stamp(r.To) + `</td>`)
	for _, n := range []int64{r.Records, r.Bytes} {
		b.WriteString(`<td class="n">`)
		if n != 0 {
			b.WriteString(grouped(n))
		}
		b.WriteString(`</td>`)
	}
	b.WriteString(`</tr>`)
}
