package rule

// A definition is one published version of a detection rule. Its conditions
// are data: what is evaluated is what the text says.
type definition struct {
	id, name, version string
	category          string      // EQL event category, or anyCategory
	conditions        []condition // all must hold

	texts []string   // of the conditions, written once
	names [][]string // the fields that each of them asks for
}

// written completes definitions with what every evaluation of them needs.
func written(definitions []definition) []definition {
	for i := range definitions {
		d := &definitions[i]
		for _, c := range d.conditions {
			d.texts, d.names = append(d.texts, c.String()), append(d.names, c.fields())
		}
	}
	return definitions
}

// anyCategory is the category of a rule that asks for the records of one
// event code, whatever Elastic calls them; the code is its first condition.
const anyCategory = "any"

// SeedID is the rule whose alert the investigation guide follows, under its
// id at Elastic.
const SeedID = "a7e7bfa3-088e-4f13-b29e-3986e0e756b8"

const (
	seedName       = "Credential Acquisition via Registry Hive Dumping"
	seedVersion    = "seed (6)"
	currentVersion = "current (2026-07-02)"
)

// The conditions of the seed rule's versions.
var (
	onWindows    = is(osType, "windows")
	started      = is(eventType, "start")
	startedOld   = oneOf(eventType, "start", "process_started")
	originalReg  = is(original, "reg.exe")
	anyReg       = anyOf{originalReg.maybe(), likes(processName, "reg.exe")}
	saves        = likes(processArgs, "save", "export")
	accountHives = likes(processArgs, `hklm\sam`, `hklm\security`)
	allHives     = likes(processArgs, `hklm\sam`, `hklm\security`, `hklm\system`,
		`hkey_local_machine\sam`, `hkey_local_machine\security`, `hkey_local_machine\system`)
	rapid7 = likes(parentImage, `C:\Program Files*\Rapid7\Insight Agent\components\insight_agent\*\ir_agent.exe`)
)

// seedRule are the versions of the seed rule in the order of Evaluate's
// result. Each is the text of its time: the first excludes Rapid7's agent
// (elastic/detection-rules#607) until February 2021; then the seed's own;
// "process_started" goes in September 2022; the operating system comes in
// March 2023; the image's name in January 2024 (#3390); SYSTEM and the long
// forms of the keys in July 2026 (#6362).
var seedRule = written([]definition{
	seedText(seedVersion, startedOld, originalReg, saves, accountHives),
	seedText(currentVersion, onWindows, started, anyReg, saves, allHives),
	seedText("2020-12-02", startedOld, originalReg, saves, accountHives, not{rapid7}),
	seedText("2022-09-19", started, originalReg, saves, accountHives),
	seedText("2023-03", onWindows, started, originalReg, saves, accountHives),
	seedText("2024-01-17", onWindows, started, anyReg, saves, accountHives),
})

func seedText(version string, conditions ...condition) definition {
	return definition{id: SeedID, name: seedName, version: version, category: "process", conditions: conditions}
}
