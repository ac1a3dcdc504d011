package booking

import "context"

// SettleClass and Sweep let tests be the clock's tick.
func (e *Engine) SettleClass(ctx context.Context, id int64) error { return e.settleClass(ctx, id) }

// Sweep runs a wide sweep.
func (e *Engine) Sweep(ctx context.Context) error { return e.sweep(ctx, true) }
