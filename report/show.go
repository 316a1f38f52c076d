package report

// Visible writes hostile text so that a terminal shows it and does not obey
// it.
func Visible(s string) string { return visible(s) }
