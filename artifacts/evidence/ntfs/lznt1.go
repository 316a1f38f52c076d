package ntfs

import (
	"errors"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/lznt1"
)

const chunkSize = lznt1.ChunkSize

// decompress is lznt1.Decompress for callers that know where src ends.
func decompress(dst, src []byte) (covered int, err error) {
	covered, _, err = lznt1.Decompress(dst, src)
	var format *lznt1.FormatError
	if errors.As(err, &format) {
		err = artifacts.NewProblem(artifacts.Malformed, format.Offset, "%w", format)
	}
	return covered, err
}
