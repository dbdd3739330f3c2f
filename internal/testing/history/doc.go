// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package history judges what happened: every revision of every object, in the order in which they were stored, and the mails that
// arrived. It knows what must hold at each revision, whatever fails, and says which revision broke it. It needs no cluster and no clock.
//
// A Judge is fed revision by revision, so that the history of hours fits in memory. Package etcdwatch reads the revisions from etcd, and a
// Recording keeps them in a file, from which they can be judged again.
package history
