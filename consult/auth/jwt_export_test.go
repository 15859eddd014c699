package auth

// ReadKeySet is what is taken from the answer of a key set's address, by kid.
func ReadKeySet(body []byte) (map[string]any, error) {
	keys, err := readKeySet(body)
	if err != nil {
		return nil, err
	}
	found := make(map[string]any, len(keys))
	for kid, k := range keys {
		found[kid] = k.key
	}
	return found, nil
}
