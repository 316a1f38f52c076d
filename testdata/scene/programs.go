package scene

import (
	"strings"
	"time"

	"hivetriage/artifacts/executable/executabletest"
)

// linked is when the programs of the made-up computer were linked.
var linked = time.Date(2019, 12, 7, 9, 8, 37, 0, time.UTC)

// A resource is a program of Windows as its version resource describes it.
type resource struct{ original, about string }

// tools are the programs of the story whose files are on the disk, by name.
// The files have headers, a version resource, and no code; Windows' own are
// signed by catalogs, and these by nobody.
var tools = map[string]resource{
	"reg.exe":        {"reg.exe", "Registry Console Tool"},
	"cmd.exe":        {"Cmd.Exe", "Windows Command Processor"},
	"cscript.exe":    {"cscript.exe", "Microsoft ® Console Based Script Host"},
	"wevtutil.exe":   {"wevtutil.exe", "Eventing Command Line Utility"},
	"svchost.exe":    {"svchost.exe", "Host Process for Windows Services"},
	"powershell.exe": {"PowerShell.EXE", "Windows PowerShell"},
	"explorer.exe":   {"EXPLORER.EXE", "Windows Explorer"},
}

// built are the files of the tools.
var built = func() map[string][]byte {
	files := map[string][]byte{}
	for name, r := range tools {
		files[name] = executabletest.PE(executabletest.Spec{
			Compiled: linked, OriginalFilename: r.original, InternalName: strings.TrimSuffix(strings.ToLower(r.original), ".exe"), FileDescription: r.about,
			CompanyName: "Microsoft Corporation", ProductName: "Microsoft® Windows® Operating System",
			FileVersion: "10.0.19041.1 (WinBuild.160101.0800)", FixedVersion: [4]uint16{10, 0, 19041, 1},
		})
	}
	return files
}()

// program is the file of a program: where its name is not one of the tools,
// the beginning of a program file, and no program.
func program(name string) []byte {
	if data, ok := built[name]; ok {
		return data
	}
	return append([]byte("MZ\x90\x00"), "stands for "+name+" in a test image; there is no code in it"...)
}

// programOf is what a path of a record leads to; nil where the file is not on
// the disk.
func programOf(image string) []byte {
	name := strings.ToLower(image[strings.LastIndexByte(image, '\\')+1:])
	if name == "dllsvc.exe" {
		name = "reg.exe"
	}
	return built[name]
}
