package batch

import "context"

// Find looks for evidence at the roots.
func Find(ctx context.Context, roots []string, opt Options) (*Plan, error) { return &Plan{}, ctx.Err() }
