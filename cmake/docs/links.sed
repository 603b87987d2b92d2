# Links of a page, for Doxygen: to headers as references, to what the reference does not hold as the path in the project.
s#\[([^]]*)\]\((\.\./)*include/(checkmate/[^)#]*\.hpp)\)#@ref \3 "\1"#g
s#\[([^]]*)\]\((\.\./)+((examples/(training_engine|data|pytorch|boost_graph|onnx|own_graph|own_cost_model|own_strategy|budgets|stored_schedule|compare_strategies|execute_callbacks|cli)|bench|tests)/[^)]*|include/checkmate/README\.md|examples/quickstart\.sh)\)#\1 (`\3`)#g
s#\[([^]]*)\]\(main\.cpp\)#`\1`#g
