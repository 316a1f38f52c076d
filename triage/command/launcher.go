package command

import "strings"

// A launcher is a program that takes another program's call in its arguments.
type launcher struct {
	names   []string // file names, lower case, with .exe
	wrapper string   // as told in Command.Wrapper
	// value is an argument whose next one is a command line ("/tr"), "" where
	// the call is simply among the arguments.
	value string
	// remote are beginnings of arguments that name another host; one that ends
	// in a blank is an option whose next argument does.
	remote []string
	later  string // a sentence for launchers that do not run it at once
}

var launchers = []launcher{
	{names: []string{"wmic.exe"}, wrapper: "wmic process call create", remote: []string{"/node:"}},
	{names: []string{"psexec.exe", "psexec64.exe", "paexec.exe"}, wrapper: "psexec", remote: []string{`\\`}},
	{names: []string{"schtasks.exe"}, wrapper: "schtasks /tr", value: "/tr", remote: []string{"/s "},
		later: "The line registers a task; the task runs the command."},
	{names: []string{"at.exe"}, wrapper: "at", remote: []string{`\\`}, later: "The line registers a task; the task runs the command."},
	{names: []string{"sc.exe"}, wrapper: "sc binpath=", value: "binpath=", remote: []string{`\\`},
		later: "The line sets a service's command; starting the service runs it."},
	{names: []string{"winrs.exe"}, wrapper: "winrs", remote: []string{"-r:", "/r:", "-remote:", "/remote:"}},
	{names: []string{"runas.exe"}, wrapper: "runas"},
	{names: []string{"forfiles.exe"}, wrapper: "forfiles /c", value: "/c"},
	{names: []string{"conhost.exe"}, wrapper: "conhost"},
	{names: []string{"pcalua.exe"}, wrapper: "pcalua -a"},
	{names: []string{"sudo.exe", "gsudo.exe", "nsudo.exe", "nsudolc.exe", "nsudolg.exe", "nircmd.exe"}, wrapper: "an elevation tool"},
}

// launcherNames finds a launcher by a program's name.
var launcherNames = func() map[string]*launcher {
	byName := map[string]*launcher{}
	for i := range launchers {
		for _, name := range launchers[i].names {
			byName[name] = &launchers[i]
		}
	}
	return byName
}()

// launcher returns the launcher that a program is, or nil.
func (id identity) launcher() *launcher {
	for _, name := range []string{id.imageName, id.calledName, strings.ToLower(strings.TrimSpace(id.original))} {
		if l := launcherNames[name]; l != nil {
			return l
		}
	}
	return nil
}

// launcher reads a call of a program that starts another one.
func (a *analysis) launcher(l *launcher, words []word, n nest) {
	inner := n.in(l.wrapper)
	l.findHost(words[1:], &inner)
	if l.later != "" {
		inner.because = append(inner.because, l.later)
	}
	a.launched(l, words[1:], inner)
}

// findHost looks for the other host that a launcher is told, in front of the
// program that it starts.
func (l *launcher) findHost(args []word, n *nest) {
	for i, w := range args {
		if parseable(w) != "" {
			return
		}
		for _, prefix := range l.remote {
			option, hasNext := strings.CutSuffix(prefix, " ")
			switch {
			case hasNext && plain(w) == option && i+1 < len(args):
				n.remote(args[i+1].text, l.wrapper)
				return
			case !hasNext && hasPrefixFold(w.text, prefix):
				n.remote(w.text[len(prefix):], l.wrapper)
				return
			}
		}
	}
}

// launched looks for the inner call: behind the launcher's own option, as one
// argument with blanks, or as the rest of the arguments.
func (a *analysis) launched(l *launcher, args []word, n nest) {
	if l.value != "" {
		for i, w := range args {
			switch text := plain(w); {
			case text == l.value && i+1 < len(args):
				a.shellLine(commandText(args[i+1]), n)
			case strings.HasPrefix(text, l.value) && strings.HasSuffix(l.value, "=") && text != l.value:
				a.shellLine(w.text[len(l.value):], n)
			}
		}
		return
	}
	for i, w := range args {
		if strings.ContainsAny(commandText(w), " \t") {
			before := len(a.found)
			a.shellLine(commandText(w), n)
			if len(a.found) > before {
				return
			}
		}
		if parseable(w) != "" {
			a.call(program{}, joinRaw(args[i:]), args[i:], n)
			return
		}
	}
}

// commandText is a command line inside an argument, without the single quotes
// that some launchers take for quotes.
func commandText(w word) string {
	text := strings.TrimSpace(w.text)
	if len(text) > 1 && text[0] == '\'' && text[len(text)-1] == '\'' {
		text = strings.ReplaceAll(text[1:len(text)-1], `'`, `"`)
	}
	return text
}

// parseable names the program that a word calls, if it is one that this
// package reads through.
func parseable(w word) string {
	switch name := programName(w.text); name {
	case "reg.exe", "cmd.exe", "powershell.exe", "pwsh.exe":
		return name
	default:
		if copierNames[name] != nil || dumperNames[name] != nil {
			return name
		}
	}
	return ""
}

func joinRaw(words []word) string {
	raws := make([]string, len(words))
	for i, w := range words {
		raws[i] = w.raw
	}
	return strings.Join(raws, " ")
}
