package windows

import "testing"

// TestFirstByte: what a text begins with is known in every encoding.
func TestFirstByte(t *testing.T) {
	for head, want := range map[string]byte{
		"<Task>": '<', " \r\n\t<": '<', "\xEF\xBB\xBF<": '<', "\xFF\xFE<\x00T\x00": '<', "\xFE\xFF\x00<\x00T": '<', "\x00<\x00T": '<', "\xFF\xFE\r\x00\n\x00*\x00": '*',
		"": 0, " \x00": 0, "\xFF\xFE": 0, "\x80<": 0, "MZ\x90": 'M',
	} {
		if got := FirstByte([]byte(head)); got != want {
			t.Errorf("%q: %q", head, got)
		}
	}
}
