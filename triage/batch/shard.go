package batch

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxShards bounds how many shards a batch is divided into.
const maxShards = 10_000

// Shard is the part of the plan that one of count shards takes; index counts
// from 1. The items are dealt out by size, the largest first, each to the shard
// that has least by then: the shards' sizes differ by no more than the largest
// item. The first shard has the rows that are no items. Names, order and Digest
// are those of the whole plan.
func (p *Plan) Shard(index, count int) *Plan {
	part := &Plan{digest: p.Digest()}
	if index == 1 {
		part.Left = slices.Clone(p.Left)
	}
	mine := p.dealt(count)
	for i, item := range p.Items {
		if mine[i] == index-1 {
			part.Items = append(part.Items, item)
		}
	}
	return part
}

// dealt gives each item the number of its shard, from 0.
func (p *Plan) dealt(count int) []int {
	order := make([]int, len(p.Items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Items[b].Size, p.Items[a].Size) })
	loads, of := make([]load, max(count, 1)), make([]int, len(p.Items))
	for _, i := range order {
		least := 0
		for s := range loads {
			if loads[s].less(loads[least]) {
				least = s
			}
		}
		of[i] = least
		loads[least].bytes += p.Items[i].Size
		loads[least].items++
	}
	return of
}

// A load is what a shard has by now.
type load struct {
	bytes int64
	items int
}

func (l load) less(m load) bool {
	return l.bytes < m.bytes || l.bytes == m.bytes && l.items < m.items
}

// ParseShard reads "3/8": the third of eight.
func ParseShard(s string) (index, count int, err error) {
	first, second, found := strings.Cut(s, "/")
	index, ok := number(first)
	count, ok2 := number(second)
	switch {
	case !found || !ok || !ok2:
		return 0, 0, fmt.Errorf("%q is not a shard: give its number and how many there are, such as 3/8 for the third of eight", s)
	case count < 1 || count > maxShards:
		return 0, 0, fmt.Errorf("%q: a batch is divided into 1 to %d shards", s, maxShards)
	case index < 1 || index > count:
		return 0, 0, fmt.Errorf("%q: shards are counted from 1 to %d", s, count)
	}
	return index, count, nil
}

// number reads a whole number without a sign, of at most nine digits.
func number(s string) (int, bool) {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// ShardsVariable is the environment variable that says into how many shards a
// batch is divided where the system that runs an array of jobs does not.
const ShardsVariable = "HIVETRIAGE_SHARDS"

// An array is a system that runs arrays of jobs and tells each of them its
// number.
type array struct {
	index string // the variable with the number of the job
	shard func(value int, getenv func(string) string) (index, count int, err error)
}

// arrays are the systems that are known. Slurm's variables are described in
// sbatch(1) under "Output environment variables", those of Kubernetes under
// "Indexed Job", those of AWS Batch in its user guide under "Job environment
// variables".
var arrays = []array{
	{"SLURM_ARRAY_TASK_ID", slurm},
	{"JOB_COMPLETION_INDEX", func(v int, getenv func(string) string) (int, int, error) { return fromZero(v, "", getenv) }},
	{"AWS_BATCH_JOB_ARRAY_INDEX", func(v int, getenv func(string) string) (int, int, error) {
		return fromZero(v, "AWS_BATCH_JOB_ARRAY_SIZE", getenv)
	}},
}

// ShardFromEnv takes the shard from the environment of an array of jobs: a
// Slurm array, an Indexed Job of Kubernetes, an array job of AWS Batch. Found is
// false outside of them. An array that is run again in part, and one of
// Kubernetes, needs HIVETRIAGE_SHARDS; numbers of a Slurm array that is run in
// part count from 1.
func ShardFromEnv(getenv func(string) string) (index, count int, found bool, err error) {
	var system *array
	for i := range arrays {
		if getenv(arrays[i].index) == "" {
			continue
		}
		if system != nil {
			return 0, 0, true, fmt.Errorf("both %s and %s are set: say which part to take with --shard", system.index, arrays[i].index)
		}
		system = &arrays[i]
	}
	if system == nil {
		return 0, 0, false, nil
	}
	value, err := variable(system.index, getenv)
	if err == nil {
		index, count, err = system.shard(value, getenv)
	}
	if err != nil {
		return 0, 0, true, err
	}
	if count < 1 || count > maxShards || index < 1 || index > count {
		return 0, 0, true, fmt.Errorf("%s is %d, which is not one of %d shards: say which part to take with --shard", system.index, value, count)
	}
	return index, count, true, nil
}

// variable reads a variable that must be a number.
func variable(name string, getenv func(string) string) (int, error) {
	n, ok := number(getenv(name))
	if !ok {
		return 0, fmt.Errorf("%s is %q, not a number: say which part to take with --shard", name, getenv(name))
	}
	return n, nil
}

// fromZero reads a number that counts from 0, with the size of the array in a
// variable of the system, if it has one, or in ours.
func fromZero(value int, size string, getenv func(string) string) (index, count int, err error) {
	if size == "" || getenv(size) == "" {
		size = ShardsVariable
	}
	if getenv(size) == "" {
		return 0, 0, fmt.Errorf("%s is not set: set it to the number of shards, which this array of jobs does not tell", size)
	}
	count, err = variable(size, getenv)
	return value + 1, count, err
}

// slurm reads the range of an array, "--array=MIN-MAX:STEP".
func slurm(id int, getenv func(string) string) (index, count int, err error) {
	var values [4]int
	for i, name := range []string{"SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP"} {
		if i == 3 && getenv(name) == "" {
			values[i] = 1
		} else if values[i], err = variable(name, getenv); err != nil {
			return 0, 0, err
		}
	}
	first, last, tasks, step := values[0], values[1], values[2], values[3]
	whole := step > 0 && last >= first && (last-first)%step == 0 && (last-first)/step+1 == tasks && id >= first && id <= last && (id-first)%step == 0
	given := getenv(ShardsVariable)
	if given != "" {
		if count, err = variable(ShardsVariable, getenv); err != nil {
			return 0, 0, err
		}
		if !whole || count != tasks {
			return id, count, nil // a part of the array, run again
		}
	}
	if !whole {
		return 0, 0, fmt.Errorf("the Slurm array is not a range of numbers with one step: set %s and count the array from 1, or say which part to take with --shard", ShardsVariable)
	}
	return (id-first)/step + 1, tasks, nil
}
