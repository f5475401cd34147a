module daira.dev/pause

go 1.26
