package evidence

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/bitlocker/bitlockertest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
)

func TestHowToUnlock(t *testing.T) {
	protector := func(kinds ...uint16) (list []bitlockertest.Protector) {
		for i, k := range kinds {
			list = append(list, bitlockertest.Protector{ID: [16]byte{byte(i + 1)}, Kind: k})
		}
		return list
	}
	const second = "{00000002-0000-0000-0000-000000000000}"
	told := 0
	tests := []struct {
		name       string
		layout     bitlockertest.Layout
		protectors []bitlockertest.Protector
		damage     bool
		want, not  []string
	}{
		{name: "TPM and recovery", protectors: protector(0x0100, 0x0800), not: []string{"suspended"},
			want: []string{"BitLocker volume (type NTFS, exFAT or ReFS): volume {", "XTS-AES 128", `called "PC C: 1/2/2026"`, "recovery password of 48 digits with the identifier " + second,
				"protectors: TPM {00000001-", "dislocker -r -V IMAGE -O 1048576 -p -- FOLDER", "manage-bde -unlock X: -RecoveryPassword"}},
		{name: "suspended", protectors: protector(0x0100, 0x0000), want: []string{"Protection is suspended", "without a password", " -c -- FOLDER"}, not: []string{"manage-bde"}},
		{name: "password", layout: bitlockertest.ToGo, protectors: protector(0x2000), want: []string{"BitLocker To Go volume", "Ask its user for the password", " -u -- FOLDER"}},
		{name: "startup key", layout: bitlockertest.Vista, protectors: protector(0x0200, 0x0200), want: []string{"00000001-0000-0000-0000-000000000000.BEK or 00000002-", "-f FILE.BEK"}},
		{name: "TPM alone", protectors: protector(0x0500), want: []string{"TPM and PIN {", "Only its own machine"}, not: []string{"dislocker"}},
		{name: "none", want: []string{"no protectors", "Only its own machine"}},
		{name: "many", protectors: protector(make([]uint16, 20)...), want: []string{", 12 more"}},
		{name: "damaged", damage: true, protectors: protector(0x0800), want: []string{"what unlocks it cannot be told (malformed at offset 262144", "give the mounted folder"}},
	}
	for _, c := range tests {
		b := bitlockertest.Volume(bitlockertest.Options{Layout: c.layout, Method: 0x8004, Description: "PC C: 1/2/2026", Protectors: c.protectors})
		for _, at := range bitlockertest.Offsets {
			if c.damage {
				clear(b[at : at+64])
			}
		}
		disk := partitiontest.MBR([]partitiontest.Volume{partitiontest.Bytes(b), ntfsVolume(t)}, partitiontest.Options{})
		s, err := Open(context.Background(), write(t, "disk.raw", disk.Bytes()), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var p *artifacts.Problem
		for _, err := range s.Volumes(context.Background()) {
			if err != nil {
				errors.As(err, &p)
			}
		}
		s.Close()
		if p == nil || p.Kind != artifacts.Encrypted {
			t.Errorf("%s: %v", c.name, p)
			continue
		}
		text := p.Error()
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", c.name, want, text)
			}
		}
		for _, not := range c.not {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q in %s", c.name, not, text)
			}
		}
		if strings.Contains(text, "filling") || bytes.ContainsAny([]byte(text), "\x00\n") {
			t.Errorf("%s: %q", c.name, text)
		}
		told++
	}
	if told != len(tests) {
		t.Errorf("%d of %d told", told, len(tests))
	}
}
