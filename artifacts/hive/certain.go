package hive

// A Fact is what was read from one place. Its zero value is an unknown fact.
type Fact[T any] struct {
	Value     T      `json:"value"`
	Offset    int64  `json:"offset"`              // in the file, of the record that it was read from
	Certainty string `json:"certainty,omitempty"` // Certain or Likely; "" is unknown: Value says nothing
}

// Known reports whether the fact was read.
func (f Fact[T]) Known() bool { return f.Certainty != "" }

// Sure returns a certain fact.
func Sure[T any](v T, offset int64) Fact[T] { return Fact[T]{v, offset, Certain} }

// Probable returns a likely fact.
func Probable[T any](v T, offset int64) Fact[T] { return Fact[T]{v, offset, Likely} }
