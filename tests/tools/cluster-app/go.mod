module hullwright.dev/tests/tools/cluster-app

go 1.26.0
