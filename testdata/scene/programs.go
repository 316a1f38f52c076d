package scene

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/executable/executabletest"
)

// linked is when the programs of the made-up computer were linked.
var linked = time.Date(2019, 12, 7, 9, 8, 37, 0, time.UTC)

// A resource is a program of Windows as its version resource describes it.
type resource struct {
	original, about string
	build           uint16 // of Windows; 0 is 19041
}

// tools are the programs of the story whose files are on the disk, by name.
// The files have headers, a version resource, and no code; Windows' own are
// signed by catalogs, and these by nobody.
var tools = map[string]resource{
	"reg.exe":        {"reg.exe", "Registry Console Tool", 0},
	"cmd.exe":        {"Cmd.Exe", "Windows Command Processor", 0},
	"cscript.exe":    {"cscript.exe", "Microsoft ® Console Based Script Host", 0},
	"wevtutil.exe":   {"wevtutil.exe", "Eventing Command Line Utility", 0},
	"svchost.exe":    {"svchost.exe", "Host Process for Windows Services", 0},
	"powershell.exe": {"PowerShell.EXE", "Windows PowerShell", 0},
	"explorer.exe":   {"EXPLORER.EXE", "Windows Explorer", 0},
	"libsvc.exe":     {"reg.exe", "Registry Console Tool", 22621}, // brought along by the actor of the batch
}

// built are the files of the tools.
var built = func() map[string][]byte {
	files := map[string][]byte{}
	for name, r := range tools {
		build := r.build
		if build == 0 {
			build = 19041
		}
		files[name] = executabletest.PE(executabletest.Spec{
			Compiled: linked, OriginalFilename: r.original, InternalName: strings.TrimSuffix(strings.ToLower(r.original), ".exe"), FileDescription: r.about,
			CompanyName: "Microsoft Corporation", ProductName: "Microsoft® Windows® Operating System",
			FileVersion: fmt.Sprintf("10.0.%d.1 (WinBuild.160101.0800)", build), FixedVersion: [4]uint16{10, 0, build, 1},
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
