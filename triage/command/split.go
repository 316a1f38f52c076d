package command

// Split divides a command line into arguments as CommandLineToArgvW does.
func Split(line string) []string {
	return nil
}
