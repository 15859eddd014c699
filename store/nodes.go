package store

import "tmk/consult"

func (t *tx) SaveNode(n consult.Node) error {
	_, err := t.exec("save node", `INSERT INTO nodes (id, seen_at) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, n.ID, n.SeenAt)
	return err
}

// Nodes lists by ID.
func (t *tx) Nodes() ([]consult.Node, error) {
	list, err := many(t, "nodes", func(r row, n *consult.Node) error { return r.Scan(&n.ID, (*instant)(&n.SeenAt)) },
		`SELECT id, seen_at FROM nodes ORDER BY id`)
	if err != nil {
		return nil, err
	}
	var nodes []consult.Node
	for _, n := range list {
		nodes = append(nodes, *n)
	}
	return nodes, nil
}

// DeleteNode is no error when there is none.
func (t *tx) DeleteNode(id string) error {
	_, err := t.exec("delete node", `DELETE FROM nodes WHERE id = $1`, id)
	return err
}
