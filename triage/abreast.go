package triage

import (
	"context"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
)

// abreast calls do for 0 to n-1, with so many workers, and returns when all
// calls have.
func abreast(workers, n int, do func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range min(max(workers, 1), n) {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// openAll opens the inputs, several at a time. An interruption leaves the
// later ones out.
func (r *run) openAll(ctx context.Context) error {
	sources := make([]artifacts.Source, len(r.cfg.Inputs))
	errs := make([]error, len(r.cfg.Inputs))
	opt := evidence.Options{Snapshots: r.cfg.Snapshots != SnapshotsNone, Password: r.cfg.Password, Lone: loneKind}
	abreast(r.cfg.Workers, len(sources), func(i int) {
		own := opt
		own.Mode = r.cfg.Inputs[i].Mode
		sources[i], errs[i] = evidence.Open(ctx, r.cfg.Inputs[i].Path, own)
	})
	for _, s := range sources {
		if s != nil {
			r.sources = append(r.sources, s)
			r.inputs = append(r.inputs, s.Input())
		}
	}
	for _, err := range errs {
		if err != nil && !interrupted(err) {
			return err
		}
	}
	return nil
}

// A preparer is a source that can read, before it is scanned, what its scan
// begins with.
type preparer interface{ Prepare(context.Context) }

// prepared has sources prepare themselves while those before them are scanned.
type prepared struct {
	done  []chan struct{}
	ahead chan struct{} // one for each source that is prepared and not yet scanned
	stop  context.CancelFunc
	group sync.WaitGroup
}

func (r *run) prepare(ctx context.Context) *prepared {
	ctx, stop := context.WithCancel(ctx)
	p := &prepared{ahead: make(chan struct{}, 1+max(r.cfg.Workers, 1)), stop: stop}
	for range r.sources {
		p.done = append(p.done, make(chan struct{}))
	}
	next := make(chan int)
	for range max(r.cfg.Workers, 1) {
		p.group.Go(func() {
			for i := range next {
				if s, ok := r.sources[i].(preparer); ok && len(p.done) > 1 {
					s.Prepare(ctx)
				}
				close(p.done[i])
			}
		})
	}
	p.group.Go(func() {
		defer close(next)
		for i := range p.done {
			p.ahead <- struct{}{}
			next <- i
		}
	})
	return p
}

// wait returns when source i is prepared; release says that it was scanned.
func (p *prepared) wait(i int) { <-p.done[i] }
func (p *prepared) release()   { <-p.ahead }

// end stops preparing what is left after the first n sources.
func (p *prepared) end(n int) {
	p.stop()
	for range len(p.done) - n {
		p.release()
	}
	p.group.Wait()
}
