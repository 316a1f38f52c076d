package batch

import "errors"

// Shard is the part of the plan that the shard of that index, counted from 1,
// takes of count shards.
func (p *Plan) Shard(index, count int) *Plan { return p }

// ParseShard reads "3/8": the third of eight.
func ParseShard(s string) (index, count int, err error) { return 0, 0, errors.New("unfinished") }

// ShardFromEnv takes the shard from the environment of an array job.
func ShardFromEnv(getenv func(string) string) (index, count int, found bool, err error) {
	return 0, 0, false, nil
}
