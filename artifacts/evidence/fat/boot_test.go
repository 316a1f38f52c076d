package fat

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/fat/fattest"
)

func TestBackup(t *testing.T) {
	for name, opt := range volumes {
		image, _ := build(t, opt, planted()...)
		clear(image[:512])
		v, err := Open(bytes.NewReader(image), int64(len(image)), place, 0)
		if opt.Kind == fattest.FAT12 || opt.Kind == fattest.FAT16 {
			var p *artifacts.Problem
			if !errors.As(err, &p) || p.Kind != artifacts.Malformed || p.At.Volume != place.Volume {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		entries, problems := find(t, v, artifacts.Scan{Head: isHive})
		if len(entries) != 7 || len(problems) != 1 || !strings.Contains(problems[0].Error(), "its backup at") {
			t.Errorf("%s: %d entries, problems %v", name, len(entries), problems)
		}
	}
}

// A boot region of exFAT whose checksum does not fit gives way to its backup,
// and is used where that is no better.
func TestBootChecksum(t *testing.T) {
	image, _ := build(t, volumes["exFAT"], planted()...)
	image[200] ^= 1
	if _, problems := find(t, openBytes(t, image), everything); len(problems) != 1 || problems[0].Kind != artifacts.Malformed {
		t.Errorf("problems %v", problems)
	}
	image[12*512+200] ^= 1
	if _, problems := find(t, openBytes(t, image), everything); len(problems) != 1 || problems[0].Kind != artifacts.Checksum {
		t.Errorf("problems %v", problems)
	}
}

func TestBoot(t *testing.T) {
	fatBoot, _ := build(t, small[fat16])
	wideBoot, _ := build(t, small[fat32])
	exBoot, _ := build(t, small[exfat])
	for name, c := range map[string]struct {
		boot   []byte
		change func(b []byte)
	}{
		"signature":        {fatBoot, func(b []byte) { b[510] = 0 }},
		"jump":             {fatBoot, func(b []byte) { b[0] = 0 }},
		"sector size":      {fatBoot, func(b []byte) { b[11] = 1 }},
		"large sectors":    {fatBoot, func(b []byte) { b[12] = 0x20 }},
		"cluster size":     {fatBoot, func(b []byte) { b[13] = 3 }},
		"no reserved":      {fatBoot, func(b []byte) { b[14], b[15] = 0, 0 }},
		"no FATs":          {fatBoot, func(b []byte) { b[16] = 0 }},
		"media":            {fatBoot, func(b []byte) { b[21] = 0 }},
		"no size":          {fatBoot, func(b []byte) { b[19], b[20] = 0, 0 }},
		"small":            {fatBoot, func(b []byte) { b[19], b[20] = 40, 0 }},
		"FAT32 of nothing": {wideBoot, func(b []byte) { le.PutUint32(b[36:], 0) }},
		"huge FAT":         {wideBoot, func(b []byte) { le.PutUint32(b[36:], 0xffffffff) }},
		"exFAT sectors":    {exBoot, func(b []byte) { b[108] = 13 }},
		"exFAT clusters":   {exBoot, func(b []byte) { b[109] = 250 }},
		"exFAT size":       {exBoot, func(b []byte) { le.PutUint64(b[72:], 1<<63) }},
		"exFAT FAT":        {exBoot, func(b []byte) { le.PutUint32(b[80:], 0) }},
		"exFAT heap":       {exBoot, func(b []byte) { le.PutUint32(b[88:], 1) }},
		"exFAT no heap":    {exBoot, func(b []byte) { le.PutUint32(b[92:], 0) }},
	} {
		b := bytes.Clone(c.boot[:512])
		if _, err := parseBoot(b); err != nil {
			t.Fatal(err)
		}
		c.change(b)
		var p *artifacts.Problem
		if g, err := parseBoot(b); !errors.As(err, &p) || p.Kind != artifacts.Malformed || p.Offset < 0 {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}
