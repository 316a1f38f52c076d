//go:build unix

package batch

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// noWait opens a named pipe without waiting for who writes into it.
const noWait = syscall.O_NONBLOCK

// apart puts a process into a group of its own.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks a process to end.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

// kill ends a process and those that it started.
func kill(p *os.Process) error { return errors.Join(p.Kill(), endGroup(p.Pid)) }

// endGroup kills the group of a process, if there is one still.
func endGroup(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// lock takes a file for this process alone, until the function that is
// returned is called or the process ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, fileMode)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		os.Remove(path) // what stays is taken by the next run
		f.Close()
	}, nil
}

// syncFolder puts the names in a folder on the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
