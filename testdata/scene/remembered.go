package scene

import (
	"fmt"

	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// What the folders of Remembered still have.
var (
	rememberedSaved = day(14, 26, 17.3380215)
	rememberedMoved = day(14, 27, 2.0117640)
)

// Remembered is a machine that looks clean: copies were made and deleted, their
// records used again, and the change journal was deleted too. Two folders still
// have their names behind those in use; of one of them the file's reference was
// overwritten.
func Remembered() ([]byte, error) {
	record := uint64(0)
	for {
		b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3d1, Time: installed})
		s := make(story)
		s.routine()
		s.benign()
		s.application(installed)
		saved := always(rememberedSaved)
		b.Add(ntfstest.File{Path: "/Users/Public/Libraries", Dir: true, SI: always(installed), FN: always(installed), Left: []ntfstest.Left{
			{Name: "RecordedTV.library-ms", Headless: true, Times: always(installed), Size: 999},
			{Name: "sam.save", Record: record, Sequence: journaledUse - 1, Times: saved, Size: 53248},
		}})
		moved := always(rememberedMoved)
		b.Add(ntfstest.File{Path: "/PerfLogs", Dir: true, SI: always(installed), FN: always(installed), Left: []ntfstest.Left{
			{Name: "SECURITY", Headless: true, Times: moved, Size: 40960},
		}})
		for _, f := range append(append(hives(), ordinary()...), s.logs()...) {
			b.Add(f)
		}
		b.Add(ntfstest.File{Path: journaledFile, Data: []byte("driver loaded\r\n"), SI: always(quietDeleted), Sequence: journaledUse})
		image, err := b.Bytes()
		if err != nil || record != 0 {
			return image, err
		}
		at, ok := b.Lookup(journaledFile)
		if !ok {
			return nil, fmt.Errorf("scene: %s was not built", journaledFile)
		}
		record = at.Record
	}
}
