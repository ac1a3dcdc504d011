-- When a device was last marked as known to the person (booking/signin_device.go). While such a
-- mark can exist, a sign-in on a device without one is told. Null: none since this column exists.

-- +goose Up

alter table person add column device_marked_at timestamptz;
