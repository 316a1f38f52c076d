package technique

import (
	"regexp"
	"testing"
)

// TestCatalogue: every row is complete and stands at its number.
func TestCatalogue(t *testing.T) {
	if len(Catalogue) != OfflineOperation {
		t.Fatalf("%d rows, want %d", len(Catalogue), OfflineOperation)
	}
	attack := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	names := map[string]bool{}
	for i, row := range Catalogue {
		if row.ID != i+1 || row.Name == "" || row.Looks == "" || row.Leaves == "" || row.Why == "" || row.Mistake == "" {
			t.Errorf("row %d is incomplete: %+v", i+1, row)
		}
		if names[row.Name] {
			t.Errorf("%q stands twice", row.Name)
		}
		names[row.Name] = true
		for _, id := range row.Attack {
			if !attack.MatchString(id) {
				t.Errorf("%q names %q", row.Name, id)
			}
		}
		if got, ok := ByID(row.ID); !ok || got.Name != row.Name {
			t.Errorf("ByID(%d) is %q, %v", row.ID, got.Name, ok)
		}
	}
	for _, id := range []int{-1, 0, OfflineOperation + 1} {
		if _, ok := ByID(id); ok {
			t.Errorf("ByID(%d) gives a row", id)
		}
	}
}
