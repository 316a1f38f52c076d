package profile

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// MountPoints yields the volumes and shares that Explorer showed the user:
// Connected; Path is `\\server\share`, a letter, or `\??\Volume{...}` as
// MountedDevices of SYSTEM has it.
func MountPoints(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\MountPoints2`)
		if !ok {
			return
		}
		for point, err := range key.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			path := mountPoint(point.Name())
			if path == "" {
				continue
			}
			t := point.trace(InMountPoints, artifacts.Connected)
			t.Paths = []string{path}
			if !yield(t, nil) {
				return
			}
		}
	}
}

func mountPoint(name string) string {
	switch {
	case strings.HasPrefix(name, "##"):
		return strings.ReplaceAll(name, "#", `\`)
	case strings.HasPrefix(name, "{"):
		return `\??\Volume` + name
	case len(name) == 1:
		return name + ":"
	}
	return "" // Explorer's own
}

// NetworkDrives yields the shares that were entered in the dialog to map a
// drive, and those that are mapped again at each logon (Network\Z, with the
// account used, if another). Connected.
func NetworkDrives(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		if key, ok := find(root, explorer+`\Map Network Drive MRU`); ok {
			all, err := key.items()
			ok := each(all, err, yield, func(i item) (artifacts.Trace, error) {
				share, err := textOf(i)
				if share == "" {
					return artifacts.Trace{}, err
				}
				t := i.trace(InNetworkDrives, artifacts.Connected)
				t.Paths = []string{share}
				return t, err
			})
			if !ok {
				return
			}
		}
		key, ok := find(root, "Network")
		if !ok {
			return
		}
		for drive, err := range key.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			share := hive.TextOf(drive.Node, "RemotePath").Value
			if share == "" {
				continue
			}
			t := drive.trace(InNetworkDrives, artifacts.Connected)
			t.Paths = []string{share}
			t.AddDetail("mapped drive", drive.Name()+":")
			t.AddDetail("account", hive.TextOf(drive.Node, "UserName").Value)
			if !yield(t, nil) {
				return
			}
		}
	}
}

// RemoteDesktop yields the computers that the user connected to with Remote
// Desktop: Connected; Path is `\\computer`. Default lists the last ten that
// were entered, Servers all, with the name of the account.
func RemoteDesktop(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, `Software\Microsoft\Terminal Server Client`)
		if !ok {
			return
		}
		if list, ok := key.below("Default"); ok {
			all, err := list.numbered("MRU", 0)
			ok := each(all, err, yield, func(i item) (artifacts.Trace, error) {
				computer, err := textOf(i)
				if computer == "" {
					return artifacts.Trace{}, err
				}
				t := i.trace(InRemoteDesktop, artifacts.Connected)
				t.Paths = []string{`\\` + computer}
				return t, err
			})
			if !ok {
				return
			}
		}
		servers, ok := key.below("Servers")
		if !ok {
			return
		}
		for server, err := range servers.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			t := server.trace(InRemoteDesktop, artifacts.Connected)
			t.Paths = []string{`\\` + server.Name()}
			t.AddDetail("account", hive.TextOf(server.Node, "UsernameHint").Value)
			if !yield(t, nil) {
				return
			}
		}
	}
}
