package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/testdata/scene"
)

// writePacked writes the disk with archives, among them 7z where there is a
// program that makes them.
func writePacked(dir string) error {
	others := map[string][]byte{}
	if _, err := exec.LookPath("7z"); err == nil {
		work, err := os.MkdirTemp(dir, "7z")
		if err != nil {
			return err
		}
		host := hivetest.Host{Name: "WS-FIN-07", SID: "S-1-5-21-2894174652-1340197683-3817362049"}
		if err := os.WriteFile(filepath.Join(work, "sam.save"), append(hivetest.SAM(host, hivetest.RegSave), make([]byte, 32<<10)...), 0o644); err != nil {
			return err
		}
		for name, flags := range map[string][]string{"plain": nil, "names": {"-psecret"}, "locked": {"-psecret", "-mhe=on"}} {
			cmd := exec.Command("7z", append([]string{"a", "-bd", name + ".7z", "sam.save"}, flags...)...)
			cmd.Dir = work
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			data, err := os.ReadFile(filepath.Join(work, name+".7z"))
			if err != nil {
				return err
			}
			others["/Users/Public/Music/"+name+".7z"] = data
		}
	}
	disk, err := scene.Packed(others)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "packed.raw"), disk, 0o444)
}
