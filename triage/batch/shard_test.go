package batch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestParseShard(t *testing.T) {
	good := 0
	for _, c := range []struct {
		text         string
		index, count int
		err          string
	}{
		{"1/1", 1, 1, ""}, {"3/8", 3, 8, ""}, {"8/8", 8, 8, ""}, {"10000/10000", 10000, 10000, ""},
		{"", 0, 0, "is not a shard"}, {"3", 0, 0, "is not a shard"}, {"/8", 0, 0, "is not a shard"}, {"3/", 0, 0, "is not a shard"}, {"-1/8", 0, 0, "is not a shard"}, {"+1/8", 0, 0, "is not a shard"},
		{"1/8/9", 0, 0, "is not a shard"}, {" 1/8", 0, 0, "is not a shard"}, {"1/9999999999", 0, 0, "is not a shard"}, {"0/8", 0, 0, "counted from 1"}, {"9/8", 0, 0, "counted from 1"}, {"1/0", 0, 0, "1 to"}, {"1/10001", 0, 0, "1 to"},
	} {
		index, count, err := ParseShard(c.text)
		if c.err == "" && err == nil {
			good++
		}
		if index != c.index || count != c.count || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %d/%d, %v; want %d/%d, %q", c.text, index, count, err, c.index, c.count, c.err)
		}
	}
	if good != 4 {
		t.Errorf("%d were read", good)
	}
}

func TestShardFromEnv(t *testing.T) {
	slurm := func(id, first, last, count, step string) map[string]string {
		return map[string]string{"SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_MIN": first, "SLURM_ARRAY_TASK_MAX": last, "SLURM_ARRAY_TASK_COUNT": count, "SLURM_ARRAY_TASK_STEP": step}
	}
	with := func(env map[string]string, shards string) map[string]string {
		env[ShardsVariable] = shards
		return env
	}
	for _, c := range []struct {
		name         string
		env          map[string]string
		index, count int
		found        bool
		err          string
	}{
		{"none", map[string]string{ShardsVariable: "8", "SLURM_JOB_ID": "1"}, 0, 0, false, ""},
		{"Slurm 1-8", slurm("3", "1", "8", "8", "1"), 3, 8, true, ""},
		{"Slurm 0-7", slurm("7", "0", "7", "8", "1"), 8, 8, true, ""},
		{"Slurm 10-40:10", slurm("30", "10", "40", "4", "10"), 3, 4, true, ""},
		{"Slurm without a step", slurm("2", "1", "4", "4", ""), 2, 4, true, ""},
		{"Slurm, one task", slurm("5", "5", "5", "1", "1"), 1, 1, true, ""},
		{"Slurm, one task of eight again", with(slurm("5", "5", "5", "1", "1"), "8"), 5, 8, true, ""},
		{"Slurm, all of eight", with(slurm("0", "0", "7", "8", "1"), "8"), 1, 8, true, ""},
		{"Slurm, some of eight again", with(slurm("7", "2", "7", "2", "1"), "8"), 7, 8, true, ""},
		{"Slurm, task 0 again", with(slurm("0", "0", "0", "1", "1"), "8"), 0, 0, true, "not one of 8 shards"},
		{"Slurm, a list", slurm("5", "1", "9", "3", "1"), 0, 0, true, "not a range"},
		{"Slurm, no bounds", map[string]string{"SLURM_ARRAY_TASK_ID": "1"}, 0, 0, true, "SLURM_ARRAY_TASK_MIN"},
		{"Slurm, no number", slurm("x", "1", "8", "8", "1"), 0, 0, true, "not a number"},
		{"Kubernetes", map[string]string{"JOB_COMPLETION_INDEX": "0", ShardsVariable: "4"}, 1, 4, true, ""},
		{"Kubernetes, the last", map[string]string{"JOB_COMPLETION_INDEX": "3", ShardsVariable: "4"}, 4, 4, true, ""},
		{"Kubernetes without a count", map[string]string{"JOB_COMPLETION_INDEX": "3"}, 0, 0, true, ShardsVariable + " is not set"},
		{"Kubernetes beyond the count", map[string]string{"JOB_COMPLETION_INDEX": "4", ShardsVariable: "4"}, 0, 0, true, "not one of 4 shards"},
		{"AWS", map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": "2", "AWS_BATCH_JOB_ARRAY_SIZE": "10"}, 3, 10, true, ""},
		{"AWS without a size", map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": "2", ShardsVariable: "5"}, 3, 5, true, ""},
		{"two systems", map[string]string{"AWS_BATCH_JOB_ARRAY_INDEX": "2", "JOB_COMPLETION_INDEX": "2", ShardsVariable: "5"}, 0, 0, true, "both"},
		{"no count", map[string]string{"JOB_COMPLETION_INDEX": "3", ShardsVariable: "-4"}, 0, 0, true, "not a number"},
	} {
		index, count, found, err := ShardFromEnv(func(name string) string { return c.env[name] })
		if index != c.index || count != c.count || found != c.found || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %d/%d, found %v, %v; want %d/%d, %v, %q", c.name, index, count, found, err, c.index, c.count, c.found, c.err)
		}
	}
}

// TestShards divides plans of many shapes: the shards have every item once, in
// the order of the plan, and their sizes differ by no more than the largest.
func TestShards(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		p := &Plan{Left: []Left{{Path: "notes.txt", Why: "text"}}}
		var largest int64
		for i := range random.IntN(60) {
			size := int64(0)
			switch random.IntN(3) {
			case 0:
				size = random.Int64N(100)
			case 1:
				size = random.Int64N(1 << 40)
			}
			largest = max(largest, size)
			p.Items = append(p.Items, Item{Name: fmt.Sprint("item-", i), Size: size, Parts: []Part{{Path: fmt.Sprint(i), Size: size}}})
		}
		count := 1 + random.IntN(12)
		var names []string
		var left, least, most int64 = 0, -1, 0
		for i := range count {
			s := p.Shard(i+1, count)
			if s.Digest() != p.Digest() || s.Shard(1, 1).Digest() != p.Digest() {
				t.Fatalf("round %d: shard %d has another digest", round, i+1)
			}
			var size int64
			last := -1
			for _, item := range s.Items {
				size += item.Size
				names = append(names, item.Name)
				at := slices.IndexFunc(p.Items, func(x Item) bool { return x.Name == item.Name })
				if at <= last {
					t.Fatalf("round %d: %s stands out of order", round, item.Name)
				}
				last = at
			}
			left += int64(len(s.Left))
			most = max(most, size)
			if least < 0 || size < least {
				least = size
			}
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(names)))
		if len(names) != len(p.Items) || len(distinct) != len(p.Items) || left != 1 {
			t.Fatalf("round %d: %d items of %d, %d of them distinct, %d rows", round, len(names), len(p.Items), len(distinct), left)
		}
		if most-least > largest {
			t.Fatalf("round %d: shards of %d to %d bytes, the largest item has %d", round, least, most, largest)
		}
	}
}

// TestShardsOfNothing spreads items without a size, too.
func TestShardsOfNothing(t *testing.T) {
	p := &Plan{Items: make([]Item, 9)}
	for i := range 3 {
		if n := len(p.Shard(i+1, 3).Items); n != 3 {
			t.Errorf("shard %d has %d items", i+1, n)
		}
	}
}

func FuzzParseShard(f *testing.F) {
	for _, s := range []string{"1/1", "3/8", "0/8", "9/8", "", "/", "1/10001", "１/２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		index, count, err := ParseShard(s)
		if err == nil && (index < 1 || index > count || count > maxShards) || err != nil && index+count != 0 {
			t.Errorf("%q: %d/%d, %v", s, index, count, err)
		}
		env := map[string]string{"SLURM_ARRAY_TASK_ID": s, "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": s, "SLURM_ARRAY_TASK_COUNT": s}
		index, count, found, err := ShardFromEnv(func(name string) string { return env[name] })
		if found != (s != "") || err == nil && found && (index < 1 || index > count) {
			t.Errorf("%q: %d/%d, %v, %v", s, index, count, found, err)
		}
	})
}
