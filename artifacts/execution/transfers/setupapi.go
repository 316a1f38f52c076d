package transfers

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// buses are what the identifiers of devices begin with that are plugged in.
var buses = []string{`USBSTOR\`, `USB\`, `WPDBUSENUMROOT\`, `SWD\WPDBUSENUM\`}

// ReadSetupAPI yields the devices on USB that a setupapi.dev.log says were
// installed, which Windows does when they are attached for the first time.
// The log's times are local: they are in Details.
func ReadSetupAPI(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		var open *artifacts.Trace
		finish := func() bool {
			trace := open
			open = nil
			return trace == nil || yield(*trace, nil)
		}
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				if finish() {
					yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				}
				return
			}
			text := strings.TrimSpace(line.Text)
			switch {
			case strings.HasPrefix(text, ">>>"):
				text = strings.TrimSpace(text[3:])
				if at, ok := strings.CutPrefix(text, "Section start "); ok {
					detail(open, "Local time", at)
				} else if !finish() {
					return
				} else if device := installed(text); device != "" {
					trace := connection(SetupAPI, line.Offset, fmt.Sprintf("line %d", line.Number), "Device", device)
					open = &trace
				}
			case strings.HasPrefix(text, "<<<") && open != nil:
				if status, ok := strings.CutPrefix(strings.TrimSpace(text[3:]), "[Exit status: "); ok {
					detail(open, "Exit status", strings.TrimSuffix(status, "]"))
					if !finish() {
						return
					}
				}
			case open != nil && strings.HasPrefix(text, "dvi:"):
				if name, ok := strings.CutPrefix(strings.TrimSpace(text[4:]), "DevDesc"); ok {
					detail(open, "Driver", strings.TrimLeft(name, " -"))
				}
			}
		}
		finish()
	}
}

// detail adds to the trace that is open, unless it has one of that name.
func detail(open *artifacts.Trace, name, value string) {
	if open != nil && open.Detail(name) == "" {
		open.AddDetail(name, bounded(value))
	}
}

// installed takes the device out of the title of a section, "" if it is about
// something else: "[Device Install (Hardware initiated) - USB\VID_...]".
func installed(title string) string {
	inner, ok := strings.CutPrefix(title, "[Device Install")
	_, device, dash := strings.Cut(strings.TrimSuffix(inner, "]"), " - ")
	for _, bus := range buses {
		if ok && dash && len(device) > len(bus) && strings.EqualFold(device[:len(bus)], bus) {
			return device
		}
	}
	return ""
}
