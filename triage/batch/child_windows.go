package batch

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// noWait is for systems with named pipes among the files.
const noWait = 0

// apart puts a process into a group of its own, so that it can be interrupted
// alone.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// interrupt asks a process to end. Go's runtime takes a Ctrl-Break for an
// interruption.
func interrupt(p *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
}

// kill ends a process; the program starts no others for one host.
func kill(p *os.Process) error { return p.Kill() }

// lock takes a file for this process alone, until the function that is
// returned is called or the process ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		f.Close()
		os.Remove(path) // what stays is taken by the next run
	}, nil
}

// syncFolder does nothing: names of files are kept by the file system's own
// journal, and a folder cannot be opened to be written.
func syncFolder(string) error { return nil }
